"""The catalogue of networks and where their files lie."""
