"""The console that commands print to for people."""

import os
import sys

from rich.console import Console

_PIPED_WIDTH = 2_000
"""Wide enough for any table: who reads a pipe by grep or a pager needs a row on a line, and keys in one piece."""


def open_console() -> Console:
    """Return standard output: as wide as the terminal, or as COLUMNS says; in a pipe or file nothing wraps."""
    piped = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    return Console(highlight=False, width=_PIPED_WIDTH if piped else None)
