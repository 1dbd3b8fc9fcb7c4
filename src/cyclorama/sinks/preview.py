"""A preview window that shows what a call would see."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Set

import cv2
from typing_extensions import override

from cyclorama.core.errors import SinkError
from cyclorama.core.frames import Composite, Layout
from cyclorama.sinks.base import OutputFormat, Sink
from cyclorama.sinks.pixels import check_composite

TITLE = "cyclorama"
CLOSING_KEYS = frozenset({ord("q"), ord("Q"), 27})
INSTEAD = "use --to null or --to FILE.mp4"


class PreviewSink(Sink):
    """A window. Every call comes from one thread, on macOS from the main one."""

    def __init__(self) -> None:
        self._output: OutputFormat | None = None
        self._closed = False
        self._pressed = ""

    @property
    @override
    def name(self) -> str:
        """What the user would call it."""
        return "preview"

    @property
    @override
    def layouts(self) -> Set[Layout]:
        """Colour pictures, and mattes in grey."""
        return frozenset({Layout.BGR, Layout.GRAY})

    @property
    @override
    def main_thread(self) -> bool:
        """Always: macOS and Qt want it."""
        return True

    @property
    @override
    def closed(self) -> bool:
        """Whether the user closed the window, or pressed q or Esc in it: time to stop."""
        return self._closed

    @override
    def open(self, output: OutputFormat) -> None:
        """Show an empty window. Raises SinkError where there is no display, or OpenCV was built without windows."""
        missing = missing_display()
        if missing:
            raise SinkError(f"no preview window: {missing}; {INSTEAD}")
        try:
            cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
            cv2.resizeWindow(TITLE, *output.size_wh)
        except cv2.error as error:
            raise SinkError(f"no preview window: OpenCV cannot open one here ({error.err}); {INSTEAD}") from error
        self._output = output
        self._closed = False

    @override
    def write(self, composite: Composite) -> None:
        """Show one composite and answer the window's keys. Does nothing once the window is closed. Raises SinkError."""
        if self._output is None:
            raise SinkError("the preview window is not open: call open() before write()")
        check_composite(composite, self._output, self.name)
        if self._closed:
            return
        if not _is_visible():
            self._closed = True
            return
        try:
            cv2.imshow(TITLE, composite.pixels)
            self._press(cv2.pollKey())
        except cv2.error as error:
            raise SinkError(f"the preview window failed ({error.err}); {INSTEAD}") from error

    @override
    def take_keys(self) -> str:
        """The keys pressed since the last call."""
        pressed, self._pressed = self._pressed, ""
        return pressed

    def _press(self, code: int) -> None:
        """Take in the answer of OpenCV's key poll: -1, or a code whose low two bytes are a character, or more than any
        of ours for an arrow and other keys without one; GTK has modifiers above."""
        key = code & 0xFFFF
        if code == -1 or key > 0xFF:
            return
        self._closed = key in CLOSING_KEYS
        if not self._closed and chr(key).isprintable():
            self._pressed += chr(key)

    @override
    def close(self) -> None:
        """Take the window away."""
        if self._output is None:
            return
        self._output = None
        try:
            cv2.destroyWindow(TITLE)
            cv2.pollKey()
        except cv2.error:  # the user already closed it
            self._closed = True


def _is_visible() -> bool:
    try:
        return cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) >= 1
    except cv2.error:  # Qt's answer once its only window was closed
        return False


def missing_display() -> str:
    """Why no window can be shown here; empty where one can.

    Asked beforehand, because the Qt in OpenCV's Linux wheels ends the whole process where it finds no X display.
    """
    if not sys.platform.startswith("linux"):
        return ""
    display = os.environ.get("DISPLAY")
    if not display:
        return "there is no display (DISPLAY is not set; a Wayland desktop needs Xwayland)"
    os.environ["QT_QPA_PLATFORM"] = "xcb"  # the only one those wheels bring
    os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")  # they bring no fonts, and complain
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return ""
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    refused = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return f"the display {display} does not answer" if refused else ""
