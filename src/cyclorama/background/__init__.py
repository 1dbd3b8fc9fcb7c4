"""The picture that stands behind the person."""
