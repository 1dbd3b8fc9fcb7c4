"""Batches of photos: find them, name their outputs, skip what is done, watch a folder."""
