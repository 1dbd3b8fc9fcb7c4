"""URLs of network streams: how they are connected to, and what of them may be shown.

A URL often holds a password, in front of the host or behind it. Messages and logs name its scheme and host alone, and
no error of FFmpeg is chained to one of ours, because it holds the whole URL.
"""

from __future__ import annotations

import errno
from urllib.parse import urlsplit

import av

from cyclorama.core.errors import CaptureError

OPEN_S = 5.0
READ_S = 1.8
"""A connection that is silent for this long is lost: a little less than what counts as a stall."""
OPTIONS = {
    "rtsp_transport": "tcp",  # over UDP, lost packets are torn pictures, and firewalls let nothing in
    "analyzeduration": "1000000",  # microseconds
}
"""Nothing for low latency: what FFmpeg buffers while it probes the stream is decoded at once, and the newest picture
wins. With ``nobuffer`` it would be thrown away, and the first picture would come with the next keyframe only."""


def public_name(url: str) -> str:
    """Scheme and host of a URL: all of it that may be shown. Raises CaptureError where it has no host."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host:
        raise CaptureError("the address of the stream cannot be understood: give rtsp://host/path or http://host/path")
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"


def public_reason(error: Exception) -> str:
    """Why a connection failed, without a part of its URL."""
    if isinstance(error, av.error.ExitError):  # one of the two timeouts
        return "it does not answer"
    if isinstance(error, OSError) and error.errno == errno.EIO:  # FFmpeg's error for an unexpected end
        return "the connection broke off"
    text = getattr(error, "strerror", None)
    return str(text).rstrip(".") if text else type(error).__name__
