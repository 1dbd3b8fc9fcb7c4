"""A camera of PipeWire: no kernel module, no device file."""
