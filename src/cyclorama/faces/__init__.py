"""Where the faces are, for framing."""
