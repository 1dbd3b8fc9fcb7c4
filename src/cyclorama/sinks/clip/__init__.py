"""Composites to a video file."""
