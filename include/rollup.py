"""Roll up: facts to month and quarter KPIs at every level of the org tree, by a few set-based statements.

Stage 1 makes ingredients per reporting unit and month from the current facts of the touched keys; stage 2
aggregates them over time, dimension sets and the tree, and then evaluates ratios and formulas on the results.
Only what was touched, its ancestors and what derives from it is computed, and only what changed is written.

Each KPI is computed on several bases: the tree as it was (W), and where they make a difference the tree as it
stands today (I), like for like (L, N), and definition versions that aren't in force (V1, V2 ...).
"""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, text

from include import warehouse
from include.catalogue import Catalogue, MetricDefinition
from include.catalogue.evaluation import render_sql
from include.catalogue.expressions import Expression, references

Grain = Literal["M", "Q"]
# Compiling a plan costs more than these statements run; sorts of a full rollup go to disk below some 64 MB.
PLANNING = "SET LOCAL jit = off; SET LOCAL work_mem = '64MB'"
RATES = ("exchange_rate_average", "exchange_rate_closing")


@dataclass(frozen=True)
class Derivation:
    """One version of a ratio or formula metric, ready for SQL: numbers instead of ids, in order of evaluation.

    `needed` are (column, name) of what the value is missing where the column is null. `value`, `ytd` and `rolling` are
    SQL over the columns c0, c1, ... (component values), y0, ... (their year-to-date), r0, ... (over twelve months)
    and p0, ... (their values in the period before), numbered as in `components`. `alone`: there is no other version.
    """

    metric_id: int
    version: int
    valid_from: dt.date
    valid_to: dt.date
    components: tuple[int, ...]
    needed: tuple[tuple[str, str], ...]
    value: str
    ytd: str
    rolling: str
    reaches_back: bool
    alone: bool


def roll_up_months(connection: Connection, catalogue: Catalogue) -> list[str]:
    """Recompute the month KPIs of all touched months; return the quarters that are touched by it.

    The caller's transaction is REPEATABLE READ and holds the rollup lock. Afterwards `touched_month` is empty of
    what was drained and `touched_quarter` holds the quarters; both or neither.
    """
    warehouse.run(connection, "rollup/drain_month")
    if not _note_touched(connection, catalogue, "M"):
        return []
    _make_parts(connection, catalogue)
    _recompute(connection, catalogue, "M")
    return [row["period"] for row in warehouse.fetch(connection, "rollup/pass_to_quarters")]


def roll_up_quarters(connection: Connection, catalogue: Catalogue) -> list[str]:
    """Recompute the quarter KPIs of all touched quarters and return them; after the months of the same facts."""
    warehouse.run(connection, "rollup/drain_quarter")
    if not _note_touched(connection, catalogue, "Q"):
        return []
    starts = connection.execute(text("SELECT DISTINCT month FROM touched ORDER BY 1")).scalars().all()
    _recompute(connection, catalogue, "Q")
    names = text("SELECT period FROM ledger.period WHERE grain = 'Q' AND start = ANY(:starts) ORDER BY start")
    return list(connection.execute(names, {"starts": list(starts)}).scalars())


def _note_touched(connection: Connection, catalogue: Catalogue, grain: Grain) -> bool:
    """Make the temporary table `touched` of what was drained and what hangs on it; False where nothing was."""
    if not connection.execute(text("SELECT EXISTS (SELECT FROM touched_cause)")).scalar_one():
        return False
    if grain == "M":
        warehouse.run(connection, "rollup/touch_converted", rates=_rates(connection))
    if catalogue.eliminations:
        warehouse.run(connection, "rollup/touch_partners", grain=grain)
    warehouse.run(connection, "rollup/touched")
    warehouse.run_script(connection, "ANALYZE touched")
    return True


def _rates(connection: Connection) -> list[int]:
    """Return the numbers of the metrics that hold currency rates; none where no source reports any."""
    return [row["number"] for row in warehouse.fetch(connection, "load/ids") if row["id"] in RATES]


def _make_parts(connection: Connection, catalogue: Catalogue) -> None:
    """Stage 1 for the touched keys; currency rates first, as the others are converted by them."""
    warehouse.run_script(connection, PLANNING)
    first, last = connection.execute(text("SELECT min(month), max(month) FROM touched")).one()
    rates = _rates(connection)
    warehouse.run(connection, "rollup/clear_parts")
    parts = 0
    for are_rates in (True, False) if rates else (False,):
        bounds = {"first": first, "last": last, "rates": rates, "are_rates": are_rates}
        warehouse.run_script(connection, "DROP TABLE IF EXISTS pg_temp.rate")
        warehouse.run(connection, "rollup/rate", first=first, last=last)
        warehouse.run_script(connection, "CREATE INDEX ON rate (month, currency); ANALYZE rate")
        parts += _insert(connection, "insert_parts", bounds)
        warehouse.gather_statistics(connection, parts, "part")
    if rates:
        _insert(connection, "insert_part_currencies", bounds)
    if _counts_members(catalogue):
        _insert(connection, "insert_part_members", bounds)
        warehouse.gather_statistics(connection, parts, "part_member")


def _insert(connection: Connection, name: str, bounds: dict[str, object]) -> int:
    """Run one statement over the current facts of the touched keys; returns how many rows it made."""
    statement = warehouse.read_sql(f"rollup/{name}").replace(
        "{current_fact}", warehouse.read_sql("rollup/current_fact")
    )
    return int(connection.execute(text(statement), bounds).rowcount)


def _counts_members(catalogue: Catalogue) -> bool:
    return any(
        version.over_time == "distinct" for versions in catalogue.metrics.values() for version in versions
    )


def _recompute(connection: Connection, catalogue: Catalogue, grain: Grain) -> None:
    """Compute every KPI in reach of the temporary table `touched`, and write what changed."""
    warehouse.run_script(connection, PLANNING)
    numbers = {r["id"]: r["number"] for r in warehouse.fetch(connection, "load/ids") if r["kind"] == "metric"}
    derivations = derive(catalogue, numbers)
    pairs = _closure(derivations)
    made_of = {"derived": [d for d, _ in pairs], "component": [c for _, c in pairs]}
    reach = any(derivation.reaches_back for derivation in derivations)
    warehouse.run(connection, "rollup/scope")
    warehouse.run(connection, "rollup/scope_derived", **made_of, reach=reach)
    warehouse.run(connection, "rollup/scope_versions")
    _aggregate(connection, catalogue, grain)
    warehouse.run(connection, "rollup/drop_empty_derived")
    warehouse.run(connection, "rollup/add_components", grain=grain, **made_of, reach=reach)
    warehouse.run_script(connection, "CREATE INDEX ON work (metric_id, org_id, start); ANALYZE work")
    for derivation in derivations:
        _evaluate(connection, derivation, grain, in_force=True)
        if not derivation.alone:
            _evaluate(connection, derivation, grain, in_force=False)
    _write_changed(connection, grain, made_of)


def _aggregate(connection: Connection, catalogue: Catalogue, grain: Grain) -> None:
    """Make the temporary table `work` of the reported metrics in scope, aggregated over time and tree."""
    warehouse.run_script(connection, "ANALYZE scope")
    warehouse.run(connection, "rollup/reporting")
    warehouse.run_script(connection, "ANALYZE reporting")
    warehouse.run(connection, "rollup/raising")
    warehouse.run_script(connection, "ANALYZE raising")
    definitions = [version for versions in catalogue.metrics.values() for version in versions]
    carry = max((version.carry_forward or 0 for version in definitions), default=0)
    periods = catalogue.periods.periods_in_year
    warehouse.run(connection, "rollup/span", grain=grain, carry=carry)
    warehouse.run(connection, "rollup/intra_group")
    warehouse.run(connection, "rollup/so_far")
    warehouse.run(connection, "rollup/last_open")
    warehouse.run_script(connection, "ANALYZE span; ANALYZE intra_group; ANALYZE so_far; ANALYZE last_open")
    warehouse.run(connection, "rollup/placed", grain=grain)
    warehouse.run(connection, "rollup/placed_closed", grain=grain)
    warehouse.run_script(connection, "ANALYZE placed")
    warehouse.run(connection, "rollup/leaf", grain=grain)
    warehouse.run(connection, "rollup/seen")
    warehouse.run(connection, "rollup/owed")
    warehouse.run_script(connection, "ANALYZE leaf; ANALYZE seen; ANALYZE owed")
    warehouse.run(connection, "rollup/base", grain=grain)
    warehouse.run_script(connection, "ANALYZE work")
    if grain == "M":
        warehouse.run(connection, "rollup/rolling", periods=periods)
    else:
        warehouse.run(connection, "rollup/month_ytd")
        warehouse.run_script(connection, "ANALYZE month_ytd")
        warehouse.run(connection, "rollup/quarter_ytd")
    if _counts_members(catalogue):
        warehouse.run(connection, "rollup/distinct", grain=grain, periods=periods)


def _write_changed(connection: Connection, grain: Grain, made_of: dict[str, list[int]]) -> None:
    """Compare the temporary table `work` with what stands in its scope, and write the difference as history."""
    warehouse.run(connection, "rollup/standing", grain=grain)
    warehouse.run_script(connection, "ANALYZE work; ANALYZE standing")
    warehouse.run(connection, "rollup/changed")
    moment = warehouse.run(connection, "rollup/moment").scalar_one()
    warehouse.run(connection, "rollup/close_changed", computed_at=moment)
    rows = warehouse.run(connection, "rollup/insert_changed", grain=grain, computed_at=moment).rowcount
    warehouse.run(connection, "rollup/insert_restatements", grain=grain, computed_at=moment, **made_of)
    warehouse.gather_statistics(connection, rows, "kpi")


def derive(catalogue: Catalogue, numbers: dict[str, int]) -> list[Derivation]:
    """Return the derivations of all ratio and formula metrics, components before what is made of them."""
    return [
        _compile(numbers, definition, catalogue.metrics[metric])
        for metric in catalogue.derivation_order
        for definition in catalogue.metrics[metric]
        if definition.kind != "base"
    ]


def _compile(
    numbers: dict[str, int], definition: MetricDefinition, versions: list[MetricDefinition]
) -> Derivation:
    """Render one derived definition to SQL over numbered component columns."""
    parts = sorted(definition.parts)
    place = {name: i for i, name in enumerate(parts)}
    if definition.ratio:
        of, to, factor = place[definition.ratio.of], place[definition.ratio.to], definition.factor
        value, ytd, rolling = (
            f"ledger.quotient({column}{of} * {factor.numerator}, {column}{to} * {factor.denominator})"
            for column in ("c", "y", "r")
        )
        needed = [(f"c{of}", parts[of]), (f"c{to}", parts[to])]
        reaches_back = False
    else:
        assert definition.expression is not None
        columns = {"": "c", "prior": "p", "ytd": "y"}
        value = render_sql(definition.expression, lambda name: f"{columns[name.modifier]}{place[name.name]}")
        # The year-to-date of a formula is the formula of the year-to-dates, and so over twelve months; one that looks
        # back has neither, and one of year-to-dates none over twelve months.
        said = {"": "", "prior": " of the period before", "ytd": " of the year so far"}
        used = {(columns[name.modifier] + str(place[name.name]), name.name + said[name.modifier])
                for name in references(definition.expression)}  # fmt: skip
        needed = sorted(used)
        modifiers = {name.modifier for name in references(definition.expression)}
        reaches_back = "prior" in modifiers
        ytd = _render(definition.expression, "y", place, has=not reaches_back)
        rolling = _render(definition.expression, "r", place, has=modifiers <= {""})
    return Derivation(
        metric_id=numbers[definition.id],
        version=definition.version,
        valid_from=dt.date.min if definition is versions[0] else definition.valid_from,
        valid_to=definition.valid_to or dt.date.max,
        components=tuple(numbers[part] for part in parts),
        needed=tuple(needed),
        value=value,
        ytd=ytd,
        rolling=rolling,
        reaches_back=reaches_back,
        alone=len(versions) == 1,
    )


def _render(expression: Expression, column: str, place: dict[str, int], *, has: bool) -> str:
    """Render a formula over one kind of its components' figures; null where it has none of the kind."""
    return render_sql(expression, lambda name: f"{column}{place[name.name]}") if has else "NULL::numeric"


def _closure(derivations: list[Derivation]) -> list[tuple[int, int]]:
    """Return (derived, component) for every metric that a derived one is made of, directly or through others."""
    made_of: dict[int, set[int]] = {}
    for derivation in derivations:
        below = made_of.setdefault(derivation.metric_id, set())
        for component in derivation.components:
            below |= {component} | made_of.get(component, set())
    return [(derived, component) for derived, below in made_of.items() for component in below]


def _evaluate(connection: Connection, derivation: Derivation, grain: Grain, *, in_force: bool) -> None:
    """Add one derivation's rows to the temporary table `work`, from its components' rows there.

    For the periods in which the version is in force, or for all others as a basis of its own.
    """
    columns = [
        f"max(w.{source}) FILTER (WHERE w.metric_id = {number} AND w.start = p.{start}) AS {letter}{i}"
        for i, number in enumerate(derivation.components)
        for letter, source, start in (
            ("c", "value", "start"),
            ("y", "ytd", "start"),
            ("r", "rolling", "start"),
            ("p", "value", "previous"),
        )
    ]
    missing = ", ".join(f"CASE WHEN {column} IS NULL THEN '{name}' END" for column, name in derivation.needed)
    statement = (
        warehouse.read_sql("rollup/derived")
        .replace("{columns}", ",\n           ".join(columns))
        .replace("{value}", derivation.value)
        .replace("{ytd}", derivation.ytd)
        .replace("{rolling}", derivation.rolling)
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
        "in_force": in_force,
        "as_basis": f"V{derivation.version}",
    }
    connection.execute(text(statement), parameters)
