"""The virtual camera at every start, and `cyclorama live` at login: the files that make it so."""
