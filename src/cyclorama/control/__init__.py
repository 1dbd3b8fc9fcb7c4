"""Control of a running session: its commands, its state, and the socket over which other programs give them."""
