"""Test a source's connection: how far one gets, from the log-in to the rows of the window."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from include.airflow_adapters.connections import resolve_connection
from include.batch import Window
from include.catalogue import Catalogue
from include.catalogue.models import RestSource, SqlSource
from include.coerce import coerce
from include.connectors import rest, sql
from include.connectors.rest.exchange import Limits
from include.errors import ConfigurationError, Finding, RefusedError, SourceUnavailableError, UsageError
from include.messages import word
from include.messages.faults import explain_fault
from include.plan import Field, plan_source
from include.windows import everything, list_orgs, widen

_HASTY = Limits(tries=2, longest_wait=5)
"""Somebody waits for the answer: a service that is away is said to be so soon."""
STEPS = ("connection", "reach", "log-in", "permission", "query", "columns", "rows")
_STEP_OF_CODE = {
    **dict.fromkeys(("unreachable", "tls_failed"), "reach"),
    **dict.fromkeys(("login_failed", "token_refused", "http_401", "http_407"), "log-in"),
    **dict.fromkeys(("permission_denied", "http_403"), "permission"),
    **dict.fromkeys(("columns_changed", "unsupported_type"), "columns"),
    **dict.fromkeys(("total_mismatch", "page_repeated", "limit_exceeded"), "rows"),
}


@dataclass
class Probe:
    """How far a test of a source came.

    `passed` are the steps of STEPS that work. Where one failed it is `failed`, with `code` and `problem`; `refused`
    tells that the system works and what it answers would be refused. `newest` is the newest date or period.
    """

    source: str
    connection: str
    kind: str
    window: Window
    passed: list[str] = field(default_factory=list)
    columns: int = 0
    rows: int | None = None
    newest: str = ""
    failed: str = ""
    code: str = ""
    problem: str = ""
    refused: bool = False

    @property
    def works(self) -> bool:
        """Tell whether every step passed."""
        return not self.failed


def usual_window(catalogue: Catalogue, source: SqlSource | RestSource) -> Window:
    """Return the dates that a later run of `source` reads: its window, or everything."""
    today = dt.datetime.now(ZoneInfo(catalogue.calendar.timezone)).date()
    if source.window_days is None:
        return everything(catalogue, source)
    return widen(catalogue, source, today - dt.timedelta(days=source.window_days), today)


def probe_source(catalogue: Catalogue, source: SqlSource | RestSource, window: Window) -> Probe:
    """Ask the system for `window` as a run would, count what it answers and keep nothing; never raises for a fault.

    Reads page by page, so that memory doesn't grow with the window.
    """
    probe = Probe(source.source, source.connection, source.kind, window)
    try:
        _read_through(catalogue, source, probe)
    except UsageError as error:
        _fail(probe, "connection", "unknown_connection", str(error))
    except ConfigurationError as error:
        step = "connection" if str(error).startswith("connection ") else "query"
        _fail(probe, step, "configuration", str(error))
    except SourceUnavailableError as error:
        step = _STEP_OF_CODE.get(error.code, "query")
        _fail(probe, step, error.code, _explain(error))
    except RefusedError as error:
        probe.refused = True
        finding = error.findings[0]
        _fail(probe, _STEP_OF_CODE.get(finding.code, "query"), finding.code, _spell_finding(finding))
    else:
        probe.passed = list(STEPS)
    return probe


def _read_through(catalogue: Catalogue, source: SqlSource | RestSource, probe: Probe) -> None:
    plan = plan_source(source, catalogue)
    named = resolve_connection(source.connection)
    tables: Iterable[pa.Table]
    if isinstance(source, SqlSource):
        query, zone = catalogue.query_of(source), catalogue.calendar.timezone
        orgs = list_orgs(catalogue, source, [probe.window])
        tables = sql.read_tables(source, query, [probe.window], named, timezone=zone, orgs=orgs)
    else:
        tables = rest.read_tables(source, probe.window, named, limits=_HASTY)
    newest, unread, rows = "", "", 0
    for table in tables:
        rows += table.num_rows
        latest, odd = _find_newest(table, plan.fields[plan.period])
        newest, unread = max(newest, latest), unread or odd
    probe.rows, probe.newest, probe.columns = rows, newest, len(source.columns)
    if unread and not newest:
        kind = plan.fields[plan.period].kind
        code = str(coerce(pd.Series([unread]), kind, plan.fields[plan.period].reading).codes[0])
        raise RefusedError([Finding(code, found=unread, column=plan.period)])


def _find_newest(table: pa.Table, field: Field) -> tuple[str, str]:
    """Return the newest date or period of a table ('' where none can be read), and a text that can't be read."""
    if field.name not in table.column_names or not table.num_rows:
        return "", ""
    texts = pd.Series(pc.unique(table[field.name]).to_pylist(), dtype=object)
    read = coerce(texts, field.kind, field.reading)
    found = pd.Series(read.values).dropna()
    odd = texts[read.failed]
    return (_spell(found.max()) if len(found) else "", str(odd.iloc[0]) if len(odd) else "")


def _spell(value: Any) -> str:
    return value if isinstance(value, str) else pd.Timestamp(value).date().isoformat()


def _fail(probe: Probe, step: str, code: str, problem: str) -> None:
    probe.failed, probe.code, probe.problem = step, code, problem.rstrip(".")
    probe.passed = list(STEPS[: STEPS.index(step)])


def _explain(error: SourceUnavailableError) -> str:
    """Return what happened, as exactly as is known, and what to do about it."""
    what, remedy = explain_fault(error.code, "en")
    return f"{error.detail or what}; {remedy}"


def _spell_finding(finding: Finding) -> str:
    title, remedy = (word(finding, part, "en") for part in ("title", "remedy"))
    found = f": “{finding.found}”" if finding.found and finding.found not in f"{title}{remedy}" else ""
    return f"{title}{found}" + (f"; {remedy}" if remedy else "")
