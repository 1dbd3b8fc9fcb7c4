"""Photos and clips of the page."""
