"""Composite to the outside."""
