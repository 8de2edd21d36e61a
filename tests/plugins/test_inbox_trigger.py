"""The watcher on a real folder, in a real event loop."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from include.home import PROJECT
from tests.object_stores import make_memory

TICK = 0.05


@pytest.fixture
def inbox(tmp_path: Path, airflow_environment: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KPI_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "path", [*sys.path, str(PROJECT / "plugins")])
    folder = tmp_path / "inbox" / "sales"
    folder.mkdir(parents=True)
    return folder


def watch(script: Callable[[Callable[[], Awaitable[int]]], Awaitable[None]]) -> None:
    """Run the trigger beside `script`, which gets a function that waits and counts the events since."""
    from inbox_trigger import InboxTrigger

    async def main() -> None:
        events: list[Any] = []

        async def listen(stream: AsyncIterator[Any]) -> None:
            async for event in stream:
                events.append(event)  # noqa: PERF401 - the stream has no end to collect up to

        async def rung() -> int:
            await asyncio.sleep(TICK * 6)
            count = len(events)
            events.clear()
            return count

        listener = asyncio.create_task(listen(InboxTrigger("sales", interval=TICK).run()))
        await script(rung)
        listener.cancel()

    asyncio.run(main())


def test_rings_once_for_what_waits_and_again_for_what_is_new_or_changed(inbox: Path) -> None:
    async def script(rung: Callable[[], Awaitable[int]]) -> None:
        assert await rung() == 0
        (inbox / "a.xlsx").write_text("1")
        assert await rung() == 1
        assert await rung() == 0
        (inbox / "b.xlsx").write_text("1")
        assert await rung() == 1
        (inbox / "a.xlsx").write_text("12")
        assert await rung() == 1
        (inbox / "a.xlsx").unlink()
        assert await rung() == 0
        (inbox / "a.xlsx").write_text("12")
        assert await rung() == 1

    watch(script)


def test_an_object_rings_once_and_again_when_it_is_replaced(
    inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import inbox_trigger

    store = make_memory().use(monkeypatch)
    monkeypatch.setattr(inbox_trigger, "LISTED_EVERY", TICK)

    async def script(rung: Callable[[], Awaitable[int]]) -> None:
        (inbox / "a.xlsx").write_text("the folder isn't the inbox")
        assert await rung() == 0
        store.put("inbox/sales/a.xlsx", "1")
        assert (await rung(), await rung()) == (1, 0)
        store.put("inbox/sales/a.xlsx", "2")
        assert (await rung(), await rung()) == (1, 0)

    watch(script)


def test_stays_silent_while_a_file_grows(inbox: Path) -> None:
    async def script(rung: Callable[[], Awaitable[int]]) -> None:
        with (inbox / "a.xlsx").open("w") as file:
            for _ in range(30):
                file.write("more")
                file.flush()
                await asyncio.sleep(TICK / 4)
        assert await rung() == 1, "one event, after the last write"

    watch(script)


def test_temporary_names_ring_when_renamed(inbox: Path) -> None:
    async def script(rung: Callable[[], Awaitable[int]]) -> None:
        (inbox / "~$a.xlsx").write_text("lock")
        (inbox / "a.xlsx.part").write_text("1")
        assert await rung() == 0
        (inbox / "a.xlsx.part").rename(inbox / "a.xlsx")
        assert await rung() == 1

    watch(script)


def test_an_inbox_that_goes_away_and_returns_is_watched_on(inbox: Path) -> None:
    async def script(rung: Callable[[], Awaitable[int]]) -> None:
        inbox.rename(inbox.with_name("away"))
        assert await rung() == 0
        inbox.with_name("away").rename(inbox)
        (inbox / "a.xlsx").write_text("1")
        assert await rung() == 1

    watch(script)


def test_is_rebuilt_from_what_it_serialises(inbox: Path) -> None:
    from airflow.sdk.module_loading import import_string
    from inbox_trigger import InboxTrigger

    path, arguments = InboxTrigger("sales", interval=2.0).serialize()
    assert import_string(path)(**arguments).serialize() == (path, arguments)
    assert os.sep not in str(arguments), "the folder is found by KPI_HOME, which may move"
