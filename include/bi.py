"""Schema `bi`: the text of its views and functions, put together from `include/sql/bi/`.

The boards come from one template, `bi/board.sql`: they differ only in the grain, in the KPI rows that stand on them
and in the reference data beside these, so that one text can't drift from another.
"""

from include.warehouse import read_sql

NOW = "k.superseded_at = 'infinity'"
THEN = "k.computed_at <= moment AND k.superseded_at > moment"
AS_WAS = "SELECT k.* FROM ledger.kpi AS k WHERE k.grain = '{grain}' AND k.basis = 'W' AND {counts}"
ALL_VERSIONS = AS_WAS.replace("= 'W'", "NOT IN ('I', 'L', 'N')")
ON_BASIS = """
    SELECT k.* FROM ledger.kpi AS k JOIN ledger.period AS q ON q.grain = k.grain AND q.start = k.start
    LEFT JOIN ledger.basis_year AS b
        ON b.tree = '{basis}' AND b.org_id = k.org_id AND b.year_start = q.year_start
    WHERE k.grain = '{grain}' AND k.basis = CASE WHEN b.tree IS NULL THEN 'W' ELSE '{basis}' END AND {counts}
"""
"""The KPI rows on a tree: its own where it makes a difference, else those of the tree as it was."""
AS_OF = """
CREATE FUNCTION bi.{view}_as_of(moment timestamptz) RETURNS SETOF bi.{view} LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp BEGIN ATOMIC {board}; END;
COMMENT ON FUNCTION bi.{view}_as_of IS 'The same board as it stood at a moment'
"""
TOLD = {
    "": "the org tree as it was",
    "_as_is": "the org tree as it stands today",
    "_like_for_like": "only units that stood under the org unit in both periods, month by month",
    "_by_version": "every definition version, whether in force in the period or not; the org tree as it was",
}


def read_views() -> list[str]:
    """Return the statements that make schema `bi`, in order."""
    facts = read_sql("bi/fact_columns")
    statements = [read_sql(f"bi/{name}").replace("{fact}", facts) for name in ("base", "history", "lineage")]
    statements += [read_sql("bi/fact_comments").replace("{view}", view) for view in ("fact", "lineage")]
    for view, grain in (("kpi_month", "M"), ("kpi_quarter", "Q")):
        statements += _board_views(view, grain)
        statements.append(_fill(read_sql("bi/comparison"), view=f"{view}_comparison", grain=grain))
    return [*statements, read_sql("bi/calendar"), read_sql("bi/grants")]


def _board_views(view: str, grain: str) -> list[str]:
    """Return the statements that make the boards of one grain, each with its comments."""
    like = _fill(
        read_sql("bi/board_like_for_like"),
        later=_shown(ON_BASIS, grain, basis="L"),
        earlier=_shown(ON_BASIS, grain, basis="N"),
        grain=grain,
    )
    boards = {
        "": _board(grain, _shown(AS_WAS, grain)),
        "_as_is": _board(grain, _shown(ON_BASIS, grain, basis="I"), tree="I"),
        "_like_for_like": like,
        "_by_version": _board(grain, _shown(ALL_VERSIONS, grain), by_version=True),
    }
    comments = read_sql("bi/board_comments")
    statements = [f"CREATE VIEW bi.{view}{kind} AS {board}" for kind, board in boards.items()]
    statements += [comments.replace("{view}", view + kind) for kind in boards]
    statements += [
        f"COMMENT ON VIEW bi.{view}{kind} IS 'KPIs: one row a metric x org unit x period x dimension set; {told}'"
        for kind, told in TOLD.items()
    ]
    past = _board(grain, _shown(AS_WAS, grain, counts=THEN), past=True)
    return [*statements, _fill(AS_OF, view=view, board=past)]


def _shown(statement: str, grain: str, *, basis: str = "", counts: str = NOW) -> str:
    """Return the query of the KPI rows that stand on a board."""
    return _fill(statement, grain=grain, basis=basis, counts=counts)


def _board(grain: str, shown: str, *, tree: str = "W", past: bool = False, by_version: bool = False) -> str:
    """Return the query of one board; see `bi/board.sql` for what is filled in."""
    published = "published_at <= moment AND retired_at > moment"
    tables = {
        "definition": "ledger.metric_version",
        "period": "ledger.period",
        "path": f"(SELECT * FROM ledger.org_tree WHERE tree = '{tree}' AND root)",
    }
    if past:
        past_tables = {"definition": "past_metric", "period": "past_period", "path": "past_path"}
        tables = {
            name: f"(SELECT * FROM ledger.{table} WHERE {published})" for name, table in past_tables.items()
        }
    same = {
        f"same_{row}": f" AND {row}.metric_version = k.metric_version" if by_version else ""
        for row in ("before", "ago", "target")
    }
    return _fill(read_sql("bi/board"), shown=shown, grain=grain, **tables, **same)


def _fill(statement: str, **parts: str) -> str:
    """Put `parts` in the places of their names in braces."""
    for name, part in parts.items():
        statement = statement.replace(f"{{{name}}}", part)
    return statement
