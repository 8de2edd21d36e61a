"""Quarantine: the slices of a batch that were kept back. Accepted rows and held rows are all that were read.

The rows themselves stay in the archived file or the system, and what is wrong with them in the findings;
`./kpi replay` reads them again.
"""

from collections.abc import Collection
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from sqlalchemy import Connection

from include import warehouse
from include.answers import SHRINK, Answer
from include.batches import BatchRow, read_batch, read_findings
from include.catalogue.models import Source


def count_held(
    validated: str, also: Collection[tuple[str, str]] = (), *, everything: bool = False
) -> "pd.Series[int]":
    """Return the number of held rows per (org unit, period) of a validated batch, '' where a row doesn't tell it.

    Held are the slices that validation kept back, those in `also` (with 0 rows where the batch has none of them: a
    system that lost them), or `everything`. Empty for a batch that was never validated: then it isn't known
    which rows it has.
    """
    if not Path(validated).exists():
        return pd.Series(dtype="int64")
    frame = pq.read_table(validated, columns=["_unit", "_slice", "_held"]).to_pandas()
    slices = frame[["_unit", "_slice"]].astype(object).fillna("").astype(str)
    held = frame["_held"].astype(bool) | everything
    if also:
        held |= pd.MultiIndex.from_frame(slices).isin(list(also))
    counts: pd.Series[int] = slices[held].groupby(["_unit", "_slice"]).size()
    missing = sorted(set(also) - set(counts.index))
    if missing:
        index = pd.MultiIndex.from_tuples([*counts.index, *missing], names=["_unit", "_slice"])
        counts = counts.reindex(index, fill_value=0)
    return counts


def note_held(connection: Connection, batch_id: int, held: "pd.Series[int]") -> None:
    """Keep which slices of a batch are held."""
    if held.empty:
        return
    units, periods = (list(held.index.get_level_values(level)) for level in (0, 1))
    warehouse.run(
        connection,
        "batch/add_quarantine",
        batch_id=batch_id,
        units=units,
        periods=periods,
        rows=held.tolist(),
    )


def read_answer(connection: Connection, batch: BatchRow, source: Source, validated: str) -> Answer:
    """Return what a batch of a system is an answer to.

    Approved are the shrunken slices of the batch that it replays by force, and what that one was forced to accept.
    """
    assert batch.spans is not None
    declared = source.expects.rows.shrink if source.expects.rows else None
    approved: dict[tuple[str, str], int] = {}
    replayed = batch
    while replayed.forced and replayed.replays:
        for finding in read_findings(connection, replayed.replays):
            if finding.code == "slice_shrunken":
                approved.setdefault((finding.org, finding.period), int(finding.found))
        replayed = read_batch(connection, replayed.replays)
    kept_back = frozenset(count_held(validated).index)
    return Answer(batch.batch_id, batch.spans, SHRINK if declared is None else declared, kept_back, approved)
