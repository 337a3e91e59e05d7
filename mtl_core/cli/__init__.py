"""The command line: train, list, runs; and, for the program itself, runner and worker."""

from mtl_core.cli.parser import main

__all__ = ["main"]
