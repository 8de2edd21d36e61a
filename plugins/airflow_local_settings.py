"""Airflow imports this module when a process starts: the scheduler and Celery workers load the stages early.

A task is a fork of its worker, and so of what is loaded here: what costs two seconds of imports in each
task costs them once. Airflow looks for exactly this file name in the plugins folder. It adds no settings.
"""

import contextlib
import sys

__all__: list[str] = []

if sys.argv[1:2] in (["scheduler"], ["celery"]):
    with contextlib.suppress(ImportError):  # a task that needs what is missing says so itself, in its log
        import include.stages  # noqa: F401
