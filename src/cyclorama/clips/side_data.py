"""What FFmpeg attaches to a decoded frame."""

from __future__ import annotations

from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray


def side_data(frame: VideoFrame, kind: str) -> NDArray[np.int32] | None:
    """The side data of a frame as 32-bit integers; None where it has none of that kind.

    ``kind``: the name of FFmpeg's AVFrameSideDataType without its prefix.
    """
    data: Any = frame.side_data.get(kind)
    return None if data is None else np.frombuffer(data, np.int32)
