"""Is this machine ready for a call? Small checks, each of which says what it found and how to mend it."""
