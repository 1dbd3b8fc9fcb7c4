"""cyclorama: a real-time virtual background for any webcam, on the user's own machine."""

__version__ = "0.1.0"
