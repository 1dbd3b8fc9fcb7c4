"""What the commands do, from settings to a result."""
