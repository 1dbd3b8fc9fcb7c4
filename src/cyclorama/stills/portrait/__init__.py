"""Geometry of the faces in a photo: landmarks, pupils and the size of the head."""
