"""How OpenCV is used by the whole engine."""

from __future__ import annotations

import cv2


def one_thread_each() -> None:
    """Let OpenCV compute in the calling thread.

    Every stage has a thread of its own already. On pictures of a few megapixels OpenCV's own threads save no time, and
    while they wait for the next call they spin: a third of the processor time, measured at 1280x720.
    """
    cv2.setNumThreads(1)
