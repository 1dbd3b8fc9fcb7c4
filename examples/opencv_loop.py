"""A virtual background in a loop of OpenCV's.

python opencv_loop.py 0 office                          a camera, in a window; q ends it
python opencv_loop.py talk.mp4 color:teal out.avi       a clip instead, written to a file
"""

import sys

import cv2

import cyclorama


def main(source: str, background: str, output: str | None = None) -> None:
    """Show or write every frame of a camera or clip before another background."""
    camera = cv2.VideoCapture(int(source) if source.isdigit() else source)
    writer = None
    with cyclorama.VirtualBackground(background, size=(640, 360)) as virtual_background:
        while True:
            there, frame = camera.read()
            if not there:
                break
            picture = virtual_background(frame)
            if output is None:
                cv2.imshow("cyclorama", picture)
                if cv2.waitKey(1) == ord("q"):
                    break
                continue
            if writer is None:
                writer = cv2.VideoWriter(output, cv2.VideoWriter.fourcc(*"MJPG"), 30, (640, 360))
            writer.write(picture)
    camera.release()
    if writer is not None:
        writer.release()


if __name__ == "__main__":
    main(*sys.argv[1:])
