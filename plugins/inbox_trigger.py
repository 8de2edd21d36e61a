"""The watcher that wakes a workbook source's DAG when a file is dropped into its inbox."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from include.home import current_home
from include.inbox import Stamp, list_waiting
from include.places import ObjectPlace, Place, inbox_place

LISTED_EVERY = 10.0
"""Seconds between two looks into an object store at least: each is a request that costs."""


class InboxTrigger(BaseEventTrigger):
    """Fire when whole files wait in `inbox/<source>/` that were not announced before.

    A file is whole when it didn't change for `interval` seconds and its end is there. An event is a bell and
    no list of work: its payload counts the files for the log only. The same waiting files ring once; a new
    file, a changed one, or one that was taken away and dropped again rings anew. After a restart of the
    triggerer whatever waits rings once more, which does no harm: the DAG drains the folder.
    """

    def __init__(self, source: str, interval: float = 1.0) -> None:
        super().__init__()
        self.source, self.interval = source, interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what the triggerer rebuilds this trigger from: its import path and its arguments."""
        return "inbox_trigger.InboxTrigger", {"source": self.source, "interval": self.interval}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look once an interval or LISTED_EVERY, for ever; in a thread, as a share may be slow."""
        folder = inbox_place(current_home()) / self.source
        pause = max(self.interval, LISTED_EVERY) if isinstance(folder, ObjectPlace) else self.interval
        announced: dict[Place, Stamp] = {}
        while True:
            try:
                whole = await asyncio.to_thread(list_waiting, folder, self.interval, announced)
            except OSError as error:  # a share that is away for a while mustn't end the watch
                self.log.warning(
                    "inbox of %s can't be read (%s); trying again", self.source, error.errno or error
                )
                whole = announced
            if whole.items() - announced.items():
                yield TriggerEvent({"source": self.source, "files": len(whole)})
            announced = whole
            await asyncio.sleep(pause)
