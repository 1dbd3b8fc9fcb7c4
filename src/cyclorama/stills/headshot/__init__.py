"""Headshots: find the picture, cut the person out, crop to a preset, composite over a backdrop."""
