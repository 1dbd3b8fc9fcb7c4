"""Files that are written: nothing lost, nothing overwritten."""
