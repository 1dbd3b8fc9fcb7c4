"""Product photos for shops: lay out, render, and check the written file against the shop's rules."""
