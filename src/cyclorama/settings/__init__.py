"""The table of settings, and the sources of their values."""
