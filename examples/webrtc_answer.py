"""Answer a WebRTC call with the caller's own video, before another background.

    pip install aiortc

``answer`` takes the offer that a browser made (``{"sdp": ..., "type": "offer"}``, by whatever way you carry it) and
gives the answer to carry back.
"""

import asyncio

from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from av import VideoFrame

import cyclorama


class BackgroundTrack(MediaStreamTrack):
    """Another track's video with a virtual background."""

    kind = "video"

    def __init__(self, track: MediaStreamTrack, background: str) -> None:
        super().__init__()
        self._track = track
        self._virtual_background = cyclorama.VirtualBackground(background)

    async def recv(self) -> VideoFrame:
        """The next frame. The engine works in a thread, so that the connection goes on meanwhile."""
        frame = await self._track.recv()
        assert isinstance(frame, VideoFrame)
        pixels = await asyncio.to_thread(self._virtual_background, frame.to_ndarray(format="bgr24"))
        picture = VideoFrame.from_ndarray(pixels, format="bgr24")
        picture.pts, picture.time_base = frame.pts, frame.time_base
        return picture

    def stop(self) -> None:
        """End the track and release the network."""
        super().stop()
        self._virtual_background.close()


async def answer(offer: dict[str, str], background: str = "blur") -> tuple[RTCPeerConnection, dict[str, str]]:
    """Accept a call; no server on the internet is asked for addresses."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))

    @connection.on("track")
    def on_track(track: MediaStreamTrack) -> None:
        if track.kind == "video":
            connection.addTrack(BackgroundTrack(track, background))

    await connection.setRemoteDescription(RTCSessionDescription(**offer))
    await connection.setLocalDescription(await connection.createAnswer())
    return connection, {"sdp": connection.localDescription.sdp, "type": connection.localDescription.type}
