"""Pictures for identity documents."""
