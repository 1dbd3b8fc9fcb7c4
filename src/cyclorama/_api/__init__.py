"""What ``import cyclorama`` offers, by subject. Private: import these names from ``cyclorama``."""
