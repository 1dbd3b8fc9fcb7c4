"""One root error, one class for each part of the engine, each with its exit code on the command line."""

from __future__ import annotations

from typing import ClassVar


class CycloramaError(Exception):
    """Root of all errors this package raises on purpose. The message says what failed, where, and what to do next."""

    exit_code: ClassVar[int] = 1


class SettingsError(CycloramaError, ValueError):
    """A setting, option or background that cannot be used (exit code 2)."""

    exit_code = 2


class CaptureError(CycloramaError, OSError):
    """A camera, clip or picture that cannot be opened or read (exit code 3)."""

    exit_code = 3


class ModelError(CycloramaError, RuntimeError):
    """A network that cannot be loaded or run (exit code 4)."""

    exit_code = 4


class NothingFoundError(ModelError):
    """A picture in which the network finds nothing to cut out."""


class SinkError(CycloramaError, OSError):
    """A virtual camera, file or window that cannot be opened or written (exit code 5)."""

    exit_code = 5


def reason(error: object) -> str:
    """The reason, for the middle of a sentence: the system's message, else the error's own, else its class."""
    return str(getattr(error, "strerror", None) or error).rstrip(".") or type(error).__name__
