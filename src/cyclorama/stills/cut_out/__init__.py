"""A photo and its alpha become a cut-out."""
