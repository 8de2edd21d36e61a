"""What goes on: the whole batch, some of its slices, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from include.plan import Plan
from include.validate.failures import Failure, Slices


@dataclass(frozen=True)
class Verdict:
    """`refused`: nothing goes on. `held`: the slices (unit id, period key) kept back, `rows` their rows."""

    refused: bool
    held: frozenset[tuple[str, str]]
    rows: npt.NDArray[np.bool_]


def decide(
    plan: Plan, failures: Sequence[Failure], slices: Slices, delivers: npt.NDArray[np.bool_]
) -> Verdict:
    """Return what goes on after `failures`, by the source's `accept`.

    `whole`: any error refuses the batch. `slices`: a slice with an error is held whole. A failing row that
    doesn't tell its org unit might belong to any unit of its period, one that doesn't tell its period to any
    period of its unit; all these are held, and the whole batch where it tells neither.
    """
    count = len(slices.units)
    errors = [failure for failure in failures if failure.level == "error"]
    everything = Verdict(True, frozenset(), np.ones(count, dtype=bool))
    if not errors:
        return Verdict(False, frozenset(), np.zeros(count, dtype=bool))
    if plan.source.accept == "whole" or any(_is_whole(failure) for failure in errors):
        return everything
    bad = np.unique(
        np.concatenate([failure.rows if len(failure.rows) else failure.concerns for failure in errors])
    )
    known_unit, known_period = pd.notna(slices.units), pd.notna(slices.periods)
    if (~known_unit[bad] & ~known_period[bad]).any():
        return everything
    rows = _same_slice(slices, bad, np.asarray(known_unit & known_period))
    rows |= pd.Series(slices.periods).isin(slices.periods[bad[~known_unit[bad]]]).to_numpy()
    rows |= pd.Series(slices.units).isin(slices.units[bad[~known_period[bad]]]).to_numpy()
    rows |= ~np.asarray(known_unit & known_period)
    held = {
        (slices.units[row], slices.periods[row]) for row in np.flatnonzero(rows & known_unit & known_period)
    }
    if not (delivers & ~rows).any():
        return Verdict(True, frozenset(held), np.ones(count, dtype=bool))
    return Verdict(False, frozenset(held), rows)


def _is_whole(failure: Failure) -> bool:
    return not len(failure.rows) and (failure.concerns is None or not len(failure.concerns))


def _same_slice(
    slices: Slices, bad: npt.NDArray[np.int64], known: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Return the rows whose slice, fully known, is that of one of the `bad` rows."""
    numbers = pd.MultiIndex.from_arrays([slices.units, slices.periods]).factorize()[0]
    return np.asarray(known & np.isin(numbers, numbers[bad[known[bad]]]))
