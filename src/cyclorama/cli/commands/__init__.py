"""One module a command: options in, settings, the pipeline, a report out."""
