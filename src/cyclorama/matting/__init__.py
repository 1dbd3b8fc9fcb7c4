"""Frame to Matte."""
