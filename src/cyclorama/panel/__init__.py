"""The page and its HTTP interface, on the loopback addresses alone: server, safety, photos, clips, documentation."""
