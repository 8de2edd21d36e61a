"""Sources against people, the tree and what their kind needs; their columns are checked in `columns`."""

import ipaddress
import re
import string
from typing import Any

from include.catalogue.catalogue import MetricDefinition
from include.catalogue.checks.columns import check_columns
from include.catalogue.checks.layouts import check_layout, check_roles
from include.catalogue.checks.measures import check_measures, check_weight_units, column_path
from include.catalogue.checks.money import check_money
from include.catalogue.draft import Draft, Entry
from include.catalogue.explaining import name_known
from include.catalogue.expressions import ExpressionError, parse_rule, references
from include.catalogue.models import OrgLevel, RestSource, SqlSource, WorkbookSource
from include.catalogue.org import OrgTree
from include.catalogue.parameters import QUERY_PARAMETERS, WINDOW, asked_for, blank_out, find_parameters
from include.catalogue.reading import PathKey, Problem
from include.coerce.plain import unify

_PART_OF_NUMBER = re.compile(r"[0-9.,+%‰¥$€£十百千万亿元-]|^[()]$")
_HOST = re.compile(r"[\w.-]+(:\d{1,5})?|\[[0-9a-fA-F:.]+\](:\d{1,5})?|[0-9a-fA-F:.]+:[0-9a-fA-F:.]+")
_SECRET = re.compile(
    r"^(proxy-)?authorization$|^cookie$|passw|pwd|secret|token(?!_?type)|api[-_]?key|app[-_]?key|access[-_]?key"
    r"|credential|signature",
    re.IGNORECASE,
)


def check_sources(draft: Draft, definitions: dict[str, list[MetricDefinition]]) -> None:
    """Tell every fault of the sources."""
    tree = OrgTree.from_lines(entry.model for entry in draft.org_lines)
    for entry in draft.sources.values():
        source = entry.model
        _check_owner(draft, entry)
        _check_expected(draft, entry, tree)
        _check_slice_word(draft, entry)
        check_columns(draft, entry, definitions)
        check_measures(draft, entry, definitions)
        check_money(draft, entry, definitions)
        _check_names(draft, entry)
        _check_flags(draft, entry)
        if isinstance(source, WorkbookSource):
            check_layout(draft, entry)
        else:
            check_roles(draft, entry, None)
            _check_schedule(draft, entry)
            _check_cursor(draft, entry)
        if isinstance(source, SqlSource):
            _check_query(draft, entry)
        if isinstance(source, RestSource):
            _check_request(draft, entry)
    check_weight_units(draft, definitions)


def _check_owner(draft: Draft, entry: Entry[Any]) -> None:
    owner = entry.model.owner
    if owner is not None and owner not in draft.people_names and "people" not in draft.unread:
        remedy = name_known(owner, draft.people_names, "people.yaml")
        draft.tell(entry.problem(("owner",), f"unknown owner {owner!r}", remedy))


def _check_flags(draft: Draft, entry: Entry[Any]) -> None:
    """Tell a flag that could be a part of the number that it stands behind."""
    for place, flag in enumerate(entry.model.flags):
        if not unify(flag) or _PART_OF_NUMBER.search(unify(flag)):
            what = f"the flag {flag!r} could be a part of a number"
            draft.tell(
                entry.problem(
                    ("flags", place), what, "take a mark without digits, signs and units, such as `*`"
                )
            )


def _check_expected(draft: Draft, entry: Entry[Any], tree: OrgTree) -> None:
    expected = entry.model.expects.org
    rows = entry.model.expects.rows
    if rows is not None and rows.min is not None and rows.max is not None and rows.min > rows.max:
        draft.tell(entry.problem(("expects", "rows", "min"), "min is above max", "swap them"))
    if expected is None or "org" in draft.unread:
        return
    if isinstance(expected, OrgLevel):
        if expected.level not in tree.levels:
            remedy = name_known(expected.level, tree.levels, "org.yaml")
            draft.tell(
                entry.problem(("expects", "org", "level"), f"unknown level {expected.level!r}", remedy)
            )
        return
    for place, unit in enumerate(expected):
        if tree.resolve(unit) is None:
            remedy = name_known(unit, tree.units, "org.yaml")
            draft.tell(entry.problem(("expects", "org", place), f"unknown org unit {unit!r}", remedy))


def _check_slice_word(draft: Draft, entry: Entry[Any]) -> None:
    word = draft.periods.word
    if entry.model.slice in {"month", "week"} and entry.model.slice != word:
        what = f"the calendar has no {entry.model.slice}s, it is `periods: {draft.calendar.periods}`"
        draft.tell(entry.problem(("slice",), what, f"write `slice: {word}`"))


def _check_names(draft: Draft, entry: Entry[Any]) -> None:
    """Tell what `unique` and `checks` name that is neither a column nor a row label."""
    source = entry.model
    is_matrix = isinstance(source, WorkbookSource) and source.layout.kind == "matrix"
    known = list(source.rows) if is_matrix else list(source.columns)
    for place, name in enumerate(source.unique):
        if name not in known:
            remedy = name_known(name, known)
            draft.tell(entry.problem(("unique", place), f"unknown column {name!r}", remedy))
    for place, check in enumerate(source.checks):
        path: PathKey = ("checks", place, "rule")
        if check.tolerance < 0:
            draft.tell(entry.problem(("checks", place, "tolerance"), "a tolerance can't be negative"))
        try:
            names = {name.name: name.position for name in references(parse_rule(check.rule))}
        except ExpressionError as error:
            draft.tell(entry.problem(path, f"rule: {error.what} at character {error.position}", error.remedy))
            continue
        if not names:
            draft.tell(entry.problem(path, "the rule names no column", "write `a + b = c`"))
        for name, position in names.items():
            if name not in known:
                where = f"rule: unknown {'row' if is_matrix else 'column'} {name!r} at character {position}"
                draft.tell(entry.problem(path, where, name_known(name, known)))


def _check_schedule(draft: Draft, entry: Entry[Any]) -> None:
    from croniter import croniter  # noqa: PLC0415 - workbooks need no schedule

    source = entry.model
    if source.schedule is not None and not croniter.is_valid(source.schedule):
        what = f"schedule {source.schedule!r} is not a cron expression"
        remedy = 'write minute, hour, day, month, weekday: "0 2 * * *" is every day at 02:00'
        draft.tell(entry.problem(("schedule",), what, remedy))
    if source.window_days is not None or source.cursor:
        if not any(column.is_ in {"date", "period"} for column in source.columns.values()):
            remedy = "mark a column with `is: date`, or write `window: full`"
            key = "cursor" if source.window_days is None else "window"
            draft.tell(entry.problem((key,), f"a {key} needs a column with the date", remedy))
        if source.window_days == 0:
            draft.tell(
                entry.problem(("window",), "a window of 0 days reads nothing", "write e.g. `window: 35 days`")
            )


def _check_query(draft: Draft, entry: Entry[Any]) -> None:
    name = entry.model.source
    text = draft.queries.get(name)
    if text is None:
        return
    file = draft.query_files[name]
    if not blank_out(text).strip():
        draft.tell(Problem(file, 1, "the query is empty", "write one SELECT"))
    for found, line in find_parameters(text):
        if found not in QUERY_PARAMETERS:
            remedy = f"{name_known(found, QUERY_PARAMETERS)} These are filled in"
            draft.tell(Problem(file, line, f"unknown parameter :{found}", remedy))
        elif found == "org" and entry.model.expects.org is None:
            remedy = "say which: `expects: {org: {level: company}}` or a list of units"
            draft.tell(Problem(file, line, ":org is filled with the units that owe the source", remedy))


def _check_cursor(draft: Draft, entry: Entry[Any]) -> None:
    """Tell a cursor that can't find changes: its column isn't declared, or the query can't be asked for a part."""
    source = entry.model
    if source.cursor is None:
        return
    if source.cursor.column not in source.columns:
        remedy = f"add `{source.cursor.column}: {{is: ignore}}` to columns"
        what = f"the cursor's column {source.cursor.column!r} isn't declared"
        draft.tell(entry.problem(("cursor",), what, remedy))
    wanted = {*WINDOW, "changed_since"} if isinstance(source, RestSource) else {*WINDOW}
    asked = asked_for(source, draft.queries.get(source.source, ""))
    missing = sorted(wanted - asked - ({"window_end"} if "window_end_inclusive" in asked else set()))
    if missing and (isinstance(source, RestSource) or source.source in draft.queries):
        mark = "{%s}" if isinstance(source, RestSource) else ":%s"
        named = ", ".join(mark % name for name in missing)
        remedy = f"name {named} in the {'request' if isinstance(source, RestSource) else 'query'}"
        what = "with a cursor only changed slices are read again, so they must be asked for"
        draft.tell(entry.problem(("cursor",), what, remedy))


def _check_request(draft: Draft, entry: Entry[Any]) -> None:
    source: RestSource = entry.model
    texts: list[tuple[PathKey, str]] = [(("request", "path"), source.request.path)]
    texts += [(("request", "params", key), str(value)) for key, value in source.request.params.items()]
    known = (*WINDOW, "window_end_inclusive", *(["changed_since"] if source.cursor else []))
    for path, text in texts:
        try:
            names = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
        except ValueError:
            draft.tell(entry.problem(path, f"{text!r} has a brace that isn't closed", "write {window_start}"))
            continue
        for name in names:
            if name not in known:
                remedy = name_known(name, known)
                draft.tell(entry.problem(path, f"unknown placeholder {{{name}}}", remedy))
    if source.paging.kind in {"cursor", "next_link"} and not source.paging.next:
        what = f"paging by {source.paging.kind} needs to know where the next one stands"
        draft.tell(entry.problem(("paging",), what, "add `next: $.next`"))
    for place, host in enumerate(source.hosts):
        _check_host(draft, entry, place, host)
    _check_secrets(draft, entry)
    _check_json_paths(draft, entry)


def _check_host(draft: Draft, entry: Entry[Any], place: int, host: str) -> None:
    """Tell what is neither a host nor a network, and a network that is as good as everywhere."""
    if "/" not in host:
        if not _HOST.fullmatch(host):
            remedy = "write it like mes.example.com, mes.example.com:8443 or 10.1.0.0/16"
            draft.tell(entry.problem(("hosts", place), f"{host!r} is not a host", remedy))
        return
    try:
        network = ipaddress.ip_network(host)
    except ValueError:
        remedy = "write a host like mes.example.com, or a network like 10.1.0.0/16"
        draft.tell(entry.problem(("hosts", place), f"{host!r} is not a host", remedy))
        return
    if network.prefixlen < (8 if network.version == 4 else 32):
        what = f"the network {host} is too large to be one's own"
        draft.tell(entry.problem(("hosts", place), what, "list the network that the system stands in"))


def _check_secrets(draft: Draft, entry: Entry[Any]) -> None:
    """Tell headers and parameters that look like secrets: those stand in the connection."""
    request = entry.model.request
    named: list[tuple[PathKey, str]] = [(("headers", name), name) for name in request.headers]
    named += [(("params", name), name) for name in request.params]
    named += [(("auth", "token_params", name), name) for name in request.auth.token_params]
    for path, name in named:
        if _SECRET.search(name):
            remedy = "put it into the connection, and name how it is sent in `auth`"
            draft.tell(entry.problem(("request", *path), f"{name} looks like a secret", remedy))


def _check_json_paths(draft: Draft, entry: Entry[Any]) -> None:
    from include.catalogue.json_paths import JsonPathError, check_json_path  # noqa: PLC0415 - REST sources only

    source: RestSource = entry.model
    texts: list[tuple[PathKey, str | None]] = [
        (("records",), source.records),
        (("paging", "total"), source.paging.total),
        (("paging", "more"), source.paging.more),
        (("success", "path"), source.success.path if source.success else None),
    ]
    if source.paging.kind in {"cursor", "next_link"}:
        texts.append((("paging", "next"), source.paging.next))
    for name, column in source.columns.items():
        if column.path is None:
            what = f"the column {name!r} doesn't say where it stands in a record"
            draft.tell(entry.problem(column_path(source, name), what, "add `path: $.plant.code`"))
        texts.append(((*column_path(source, name), "path"), column.path))
    for path, text in texts:
        if text is None:
            continue
        try:
            check_json_path(text)
        except JsonPathError as error:
            draft.tell(entry.problem(path, error.what, error.remedy))
