"""The jobs of the commands: each takes settings, runs the pipeline and returns a report."""
