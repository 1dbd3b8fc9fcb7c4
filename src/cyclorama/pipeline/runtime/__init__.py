"""Live sessions and the file chain: stages, threads, slots, metrics."""
