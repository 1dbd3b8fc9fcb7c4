"""The command line: parse, hand over, print."""
