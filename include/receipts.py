"""Receipts: what a delivered file brought into force, read back from the ledger for the mail to its clerk.

Read back, not carried along: what the mail tells is what counts.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from include import warehouse
from include.batches import BatchRow
from include.catalogue import Catalogue
from include.notify import Change, Receipt, Total

MOST_CHANGES = 30


def read_receipt(connection: Connection, catalogue: Catalogue, batch: BatchRow) -> Receipt:
    """Return what became of a batch's rows, its totals per period and metric, and which figures it changed."""
    about: Any = {"batch_id": batch.batch_id}
    (slices,) = warehouse.fetch(connection, "receipt/slices", **about)
    totals = warehouse.fetch(connection, "receipt/totals", **about)
    changes = (
        warehouse.fetch(connection, "receipt/changes", **about, most=MOST_CHANGES)
        if slices["replaced"]
        else []
    )
    same = warehouse.fetch(connection, "receipt/same_content", **about)
    zone = ZoneInfo(catalogue.calendar.timezone)
    return Receipt(
        rows_read=batch.rows_read,
        rows_held=batch.rows_held or 0,
        slices=slices["slices"],
        replaced=slices["replaced"],
        unchanged=batch.slices_unchanged or 0,
        totals=tuple(_describe_total(catalogue, row) for row in totals),
        changes=tuple(_describe_change(catalogue, row) for row in changes),
        changes_in_all=changes[0]["changes"] if changes else 0,
        same_as=same[0]["filename"] if same else "",
        same_since=f"{same[0]['started_at'].astimezone(zone):%Y-%m-%d %H:%M}" if same else "",
    )


def _describe_total(catalogue: Catalogue, row: Mapping[str, Any]) -> Total:
    unit = f"{row['unit']} ({row['currency']})" if row["currency"] else row["unit"]
    return Total(
        metric=row["metric"],
        names=_names(catalogue, row["metric"]),
        period=row["period"],
        scenario=row["scenario"],
        reported=_plain(row["reported_total"]) if row["adds_up"] else "",
        reported_unit=row["reported_unit"] or unit,
        value=_plain(row["total"]) if row["adds_up"] else "",
        unit=unit,
        span=(_plain(row["least"]), _plain(row["greatest"])),
        units=row["units"],
    )


def _describe_change(catalogue: Catalogue, row: Mapping[str, Any]) -> Change:
    unit = row["org"]
    return Change(
        metric=row["metric"],
        names=_names(catalogue, row["metric"]),
        orgs=(catalogue.org.name_of(unit, "zh"), catalogue.org.name_of(unit, "en")),
        when=row["period"],
        dimensions=tuple(f"{value}" for _, value in sorted(row["dimensions"].items())),
        scenario=row["scenario"],
        old=_figure(row["old"], row["old_unit"]),
        new=_figure(row["new"], row["new_unit"]),
        place="!".join(filter(None, (row["sheet"], row["cell"]))),
    )


def _names(catalogue: Catalogue, metric: str) -> tuple[str, str]:
    name = catalogue.latest(metric).name
    return name.read("zh"), name.read("en")


def _figure(value: Decimal | None, unit: str) -> str:
    return "" if value is None else f"{_plain(value)} {unit}".strip()


def _plain(value: Decimal) -> str:
    """Return a number with thousands separators, every digit of it and no exponent."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
