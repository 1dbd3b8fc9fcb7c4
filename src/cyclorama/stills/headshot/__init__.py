"""Headshots."""
