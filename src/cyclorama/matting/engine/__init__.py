"""When the network runs, and what becomes of its alpha."""
