"""Threads, slots and the session that owns them."""
