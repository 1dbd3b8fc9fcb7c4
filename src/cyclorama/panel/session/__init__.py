"""The live session of the page, and what it can choose from."""
