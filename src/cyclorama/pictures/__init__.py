"""Still pictures in and out."""
