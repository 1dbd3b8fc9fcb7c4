"""The public API, one module per subject. Private: import these names from ``cyclorama``."""
