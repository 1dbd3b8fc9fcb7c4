"""Sources: device or file to Frame."""
