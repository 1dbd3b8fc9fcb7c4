"""Threads, queues and the session that owns them."""
