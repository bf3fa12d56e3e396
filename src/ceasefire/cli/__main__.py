"""Run the command line as a module: ``python -m ceasefire.cli``."""

from ceasefire.cli import main

main()
