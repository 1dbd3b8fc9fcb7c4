"""Moving pictures in: every clip, GIF and network stream that is read goes through here."""
