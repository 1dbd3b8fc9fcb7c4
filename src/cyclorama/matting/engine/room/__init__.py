"""The empty room, remembered: a clean plate of what stands behind people, as evidence beside the network's."""
