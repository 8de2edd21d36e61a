"""Roll up: facts to month and quarter KPIs at every level of the org tree, by a few set-based statements.

Stage 1 makes ingredients per reporting unit and month from the current facts of the touched keys; stage 2
aggregates them over time, dimension sets and the tree, and then evaluates ratios and formulas on the results.
Only what was touched, its ancestors and what derives from it is computed, and only what changed is written.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, text

from include import warehouse
from include.catalogue import Catalogue, MetricDefinition
from include.catalogue.evaluation import render_sql
from include.catalogue.expressions import references

Grain = Literal["M", "Q"]


@dataclass(frozen=True)
class Derivation:
    """One version of a ratio or formula metric, ready for SQL: numbers instead of ids, in order of evaluation.

    `needed` are (column, name) of what the value is missing where the column is null. `value` and `ytd` are
    SQL over the columns c0, c1, ... (component values), y0, ... (their year-to-date)
    and p0, ... (their values in the period before), numbered as in `components`.
    """

    metric_id: int
    version: int
    valid_from: dt.date
    valid_to: dt.date
    components: tuple[int, ...]
    needed: tuple[tuple[str, str], ...]
    value: str
    ytd: str
    reaches_back: bool


def roll_up_months(connection: Connection, catalogue: Catalogue) -> list[str]:
    """Recompute the month KPIs of all touched months; return the quarters that are touched by it.

    The caller's transaction is REPEATABLE READ and holds the rollup lock. Afterwards `touched_month` is empty of
    what was drained and `touched_quarter` holds the quarters; both or neither.
    """
    warehouse.run(connection, "rollup/drain_month")
    bounds = connection.execute(text("SELECT min(month), max(month) FROM touched")).one()
    if bounds[0] is None:
        return []
    warehouse.run_script(connection, "ANALYZE touched")
    warehouse.run(connection, "rollup/clear_parts")
    parts = warehouse.run(connection, "rollup/insert_parts", first=bounds[0], last=bounds[1]).rowcount
    warehouse.gather_statistics(connection, parts, "part")
    _recompute(connection, catalogue, "M")
    return [row["period"] for row in warehouse.fetch(connection, "rollup/pass_to_quarters")]


def roll_up_quarters(connection: Connection, catalogue: Catalogue) -> list[str]:
    """Recompute the quarter KPIs of all touched quarters and return them; after the months of the same facts."""
    warehouse.run(connection, "rollup/drain_quarter")
    touched = connection.execute(text("SELECT DISTINCT month FROM touched ORDER BY 1")).scalars().all()
    if touched:
        warehouse.run_script(connection, "ANALYZE touched")
        _recompute(connection, catalogue, "Q")
    names = text("SELECT period FROM ledger.period WHERE grain = 'Q' AND start = ANY(:starts) ORDER BY start")
    return list(connection.execute(names, {"starts": list(touched)}).scalars())


def _recompute(connection: Connection, catalogue: Catalogue, grain: Grain) -> None:
    """Compute every KPI in reach of the temporary table `touched`, and write what changed."""
    # Compiling a plan costs more than these statements run; and month KPIs written a moment ago have no statistics.
    warehouse.run_script(connection, "SET LOCAL jit = off")
    numbers = {r["id"]: r["number"] for r in warehouse.fetch(connection, "load/ids") if r["kind"] == "metric"}
    derivations = derive(catalogue, numbers)
    pairs = _closure(derivations)
    reach = any(derivation.reaches_back for derivation in derivations)
    made_of = {"derived": [d for d, _ in pairs], "component": [c for _, c in pairs], "reach": reach}
    warehouse.run(connection, "rollup/scope")
    warehouse.run(connection, "rollup/scope_derived", **made_of)
    warehouse.run_script(connection, "ANALYZE scope")
    for step in ("span", "placed", "leaf", "seen", "owed"):
        warehouse.run(connection, f"rollup/{step}", grain=grain)
        warehouse.run_script(connection, f"ANALYZE {step}")
    warehouse.run(connection, "rollup/base", grain=grain)
    if grain == "Q":
        warehouse.run(connection, "rollup/month_ytd")
        warehouse.run_script(connection, "ANALYZE work; ANALYZE month_ytd")
        warehouse.run(connection, "rollup/quarter_ytd")
    warehouse.run(connection, "rollup/drop_empty_derived")
    warehouse.run(connection, "rollup/add_components", grain=grain, **made_of)
    warehouse.run_script(connection, "CREATE INDEX ON work (metric_id, org_id, start); ANALYZE work")
    for derivation in derivations:
        _evaluate(connection, derivation, grain)
    _write_changed(connection, grain)


def _write_changed(connection: Connection, grain: Grain) -> None:
    """Compare the temporary table `work` with what stands in its scope, and write the difference as history."""
    warehouse.run(connection, "rollup/standing", grain=grain)
    warehouse.run_script(connection, "ANALYZE work; ANALYZE standing")
    warehouse.run(connection, "rollup/changed")
    moment = warehouse.run(connection, "rollup/moment").scalar_one()
    warehouse.run(connection, "rollup/close_changed", computed_at=moment)
    rows = warehouse.run(connection, "rollup/insert_changed", grain=grain, computed_at=moment).rowcount
    warehouse.gather_statistics(connection, rows, "kpi")


def derive(catalogue: Catalogue, numbers: dict[str, int]) -> list[Derivation]:
    """Return the derivations of all ratio and formula metrics, components before what is made of them."""
    return [
        _compile(numbers, definition, first=definition is catalogue.metrics[metric][0])
        for metric in catalogue.derivation_order
        for definition in catalogue.metrics[metric]
        if definition.kind != "base"
    ]


def _compile(numbers: dict[str, int], definition: MetricDefinition, *, first: bool) -> Derivation:
    """Render one derived definition to SQL over numbered component columns."""
    parts = sorted(definition.parts)
    place = {name: i for i, name in enumerate(parts)}
    if definition.ratio:
        of, to, factor = place[definition.ratio.of], place[definition.ratio.to], definition.factor
        value, ytd = (
            f"ledger.quotient({column}{of} * {factor.numerator}, {column}{to} * {factor.denominator})"
            for column in ("c", "y")
        )
        needed = [(f"c{of}", parts[of]), (f"c{to}", parts[to])]
        reaches_back = False
    else:
        assert definition.expression is not None
        columns = {"": "c", "prior": "p", "ytd": "y"}
        value = render_sql(definition.expression, lambda name: f"{columns[name.modifier]}{place[name.name]}")
        # The year-to-date of a formula is the formula of the year-to-dates; one that looks back has none.
        said = {"": "", "prior": " of the period before", "ytd": " of the year so far"}
        used = {(columns[name.modifier] + str(place[name.name]), name.name + said[name.modifier])
                for name in references(definition.expression)}  # fmt: skip
        needed = sorted(used)
        reaches_back = any(name.modifier == "prior" for name in references(definition.expression))
        ytd = (
            "NULL::numeric"
            if reaches_back
            else render_sql(definition.expression, lambda name: f"y{place[name.name]}")
        )
    return Derivation(
        metric_id=numbers[definition.id],
        version=definition.version,
        valid_from=dt.date.min if first else definition.valid_from,
        valid_to=definition.valid_to or dt.date.max,
        components=tuple(numbers[part] for part in parts),
        needed=tuple(needed),
        value=value,
        ytd=ytd,
        reaches_back=reaches_back,
    )


def _closure(derivations: list[Derivation]) -> list[tuple[int, int]]:
    """Return (derived, component) for every metric that a derived one is made of, directly or through others."""
    made_of: dict[int, set[int]] = {}
    for derivation in derivations:
        below = made_of.setdefault(derivation.metric_id, set())
        for component in derivation.components:
            below |= {component} | made_of.get(component, set())
    return [(derived, component) for derived, below in made_of.items() for component in below]


def _evaluate(connection: Connection, derivation: Derivation, grain: Grain) -> None:
    """Add one derivation's rows to the temporary table `work`, from its components' rows there."""
    columns = [
        f"max(w.{source}) FILTER (WHERE w.metric_id = {number} AND w.start = p.{start}) AS {letter}{i}"
        for i, number in enumerate(derivation.components)
        for letter, source, start in (
            ("c", "value", "start"),
            ("y", "ytd", "start"),
            ("p", "value", "previous"),
        )
    ]
    missing = ", ".join(f"CASE WHEN {column} IS NULL THEN '{name}' END" for column, name in derivation.needed)
    statement = (
        warehouse.read_sql("rollup/derived")
        .replace("{columns}", ",\n           ".join(columns))
        .replace("{value}", derivation.value)
        .replace("{ytd}", derivation.ytd)
        .replace("{missing}", f"concat_ws(', ', {missing})")
        .replace(
            "{rows}",
            "w.start = ANY (ARRAY[p.start, p.previous])" if derivation.reaches_back else "w.start = p.start",
        )
    )
    parameters = {
        "metric_id": derivation.metric_id,
        "version": derivation.version,
        "valid_from": derivation.valid_from,
        "valid_to": derivation.valid_to,
        "components": list(derivation.components),
        "grain": grain,
    }
    connection.execute(text(statement), parameters)
