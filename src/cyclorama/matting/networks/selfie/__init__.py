"""The bundled selfie networks."""
