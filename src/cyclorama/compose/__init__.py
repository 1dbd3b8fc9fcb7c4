"""Frame, matte and background to Composite."""
