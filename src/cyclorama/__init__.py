"""cyclorama: a real-time virtual background for any webcam, on the user's own machine."""

from cyclorama.core.telemetry import switch_off as _switch_off

_switch_off()

__version__ = "0.2.0"
