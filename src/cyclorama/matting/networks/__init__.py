"""The networks behind the matting port."""
