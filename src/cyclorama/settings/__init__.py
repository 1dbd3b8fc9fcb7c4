"""Settings: what there is, and where the values come from."""
