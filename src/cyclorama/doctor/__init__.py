"""Findings about this machine, each with its fix."""
