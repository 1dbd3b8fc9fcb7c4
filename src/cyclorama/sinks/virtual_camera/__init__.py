"""Composites to a camera that calls and browsers can pick."""
