"""One module per command: parse options, load settings, run the pipeline, print a report."""
