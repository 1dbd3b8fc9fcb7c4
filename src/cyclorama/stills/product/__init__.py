"""Pictures of products for shops."""
