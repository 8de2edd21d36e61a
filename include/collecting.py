"""One collector of a source at a time: a DAG's task, a command and the sweep wait for each other, or pass by.

Whoever begins takes on what killed runs left, so that it must not meet a living one's batches half done.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial

from include import warehouse

log = logging.getLogger(__name__)
_WAITS = "another run collects %s at this moment; waiting for its end"
_held: ContextVar[frozenset[tuple[int, str]]] = ContextVar("held", default=frozenset())
"""Sources that this process holds, each with its number: a fork of it doesn't."""


@contextmanager
def collecting(source: str, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold a source while the block runs; others wait for it. Within the block it may be asked for again.

    `on_wait` is called where somebody else holds it; without it the log says so. The hold is a session's of the
    warehouse: it ends with the process, however that ends.
    """
    if (os.getpid(), source) in _held.get():
        yield
        return
    with warehouse.exclusive(_name(source), on_wait or partial(log.warning, _WAITS, source)):
        token = _held.set(_held.get() | {(os.getpid(), source)})
        try:
            yield
        finally:
            _held.reset(token)


def is_collected(source: str) -> bool:
    """Tell whether somebody else collects a source at this moment."""
    if (os.getpid(), source) in _held.get():
        return False
    with warehouse.connect() as connection:
        return bool(warehouse.run(connection, "batch/is_locked", lock=_name(source)).scalar_one())


def _name(source: str) -> str:
    return f"collecting.{source}"
