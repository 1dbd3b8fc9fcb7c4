"""``python -m cyclorama``."""

from cyclorama.cli.main import main

main()
