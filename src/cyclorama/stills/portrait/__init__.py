"""Faces, heads and eyes in photos."""
