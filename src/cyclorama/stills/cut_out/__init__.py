"""Cut the subject out of a photo: alpha, foreground colours, placement, shadow, composition."""
