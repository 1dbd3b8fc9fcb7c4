"""What FFmpeg attaches to a decoded frame."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame
from numpy.typing import NDArray


def _unknown(value: int) -> Type:
    """A member for a kind that PyAV does not know of (views of spatial video, Exif): with none, all others of the frame
    could not be read either."""
    member: Any = object.__new__(Type)
    member._name_, member._value_ = f"UNKNOWN_{value}", value
    return cast(Type, member)


setattr(Type, "_missing_", _unknown)  # noqa: B010 - the enum's own hook, looked up when a kind is not found


def side_data(frame: VideoFrame, kind: str) -> NDArray[np.int32] | None:
    """The side data of a frame as 32-bit integers; None where it has none of that kind.

    ``kind``: the name of FFmpeg's AVFrameSideDataType without its prefix.
    """
    data: Any = frame.side_data.get(kind)
    return None if data is None else np.frombuffer(data, np.int32)
