"""Lasting setup: the virtual camera at every boot, and `cyclorama live` at login."""
