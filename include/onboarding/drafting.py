"""The text of a draft: YAML, and for a database its query, in which every guess is marked.

A draft lies in `drafts/`, where nothing reads it. A mark is `# guess 80 %: why` behind a line (`-- guess ...` in a
query): whoever confirms the line deletes it, and `./kpi check` refuses a source in which one is left.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from include.catalogue import Catalogue
from include.connectors.rest.sampling import Endpoint
from include.connectors.sql.describing import DescribedTable
from include.onboarding.books import SampledBook
from include.onboarding.conditions import (
    is_called_status,
    marks_deleted,
    tells_status,
    write_kept,
    write_line,
    write_status,
)
from include.onboarding.sampled import Guess

_HEAD = """\
# A draft, written by `./kpi new-source` from {origin}. Nothing reads it while it lies in drafts/.
# 1. Each line with `# guess` is a guess with its certainty: mend the line, then delete the mark, from `#` on.
# 2. Move the file{query} to sources/.
# 3. `./kpi check` names what is left; then `./kpi test-connection {source}`, `./kpi preview {source}`.
"""
_PLAIN = re.compile(r"[^\W\d]\w*(?:（\w+）)?")
_WORDS = {"y", "n", "yes", "no", "true", "false", "null", "on", "off"}


@dataclass(frozen=True)
class Origin:
    """Where a draft comes from: words for its head, and the lines by which the source reaches it."""

    told: str
    source: str
    kind: str
    lines: tuple[str, ...] = ()
    query: str = ""


def name_source(text: str) -> str:
    """Return an id made of a table's, path's or file's name; '' where none of its letters will do."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", text).strip("_").lower()
    return words if re.fullmatch(r"[a-z][a-z0-9_]*", words) else ""


def write_yaml(catalogue: Catalogue, origin: Origin, guesses: Sequence[Guess], *, rows: bool = False) -> str:
    """Return the YAML of a draft; `rows` are the labels of a matrix instead of columns."""
    head = _HEAD.format(
        origin=origin.told, source=origin.source, query=" and its .sql" if origin.query else ""
    )
    people = ", ".join(list(catalogue.people)[:6]) or "none yet"
    lines = [
        f"source: {origin.source}",
        "# name: {zh: , en: }",
        "# department:",
        f"# owner:                      # a key of people.yaml, gets the mails: {people}",
        f"kind: {origin.kind}",
        *origin.lines,
        "slice: month                  # what a delivery replaces as a whole: day, month or quarter",
    ]
    body = [*_write_columns(guesses, rows=rows, has_query=bool(origin.query))]
    needed = [guess for guess in guesses if guess.needed and guess.keys.get("is") == "key"]
    unique = [f"unique: [{', '.join(_write_text(guess.column.name) for guess in needed)}]"] if needed else []
    return head + "\n".join([*lines, "rows:" if rows else "columns:", *body, *unique]) + "\n"


def _write_columns(guesses: Sequence[Guess], *, rows: bool, has_query: bool) -> Iterable[str]:
    """Yield a line a column. Which statuses count is asked in the query, where there is one, else by `in`."""
    roles = {guess.keys.get("is") for guess in guesses}
    written = []
    for guess in guesses:
        keys = {name: value for name, value in guess.keys.items() if not (rows and name == "type")}
        if guess.column.path:
            keys = {"path": guess.column.path, **keys}
        text = ", ".join(f"{name}: {_write_value(value)}" for name, value in keys.items())
        asked = not has_query and not rows and _asks_status(guess)
        text += f", in: {_write_list(guess.column.texts)}" if asked else ""
        line = f"{_write_text(guess.column.name)}: {{{text}}}"
        written.append((f"  {line}" if guess.needed or asked else f"# {line}", guess, guess.needed or asked))
    width = min(max((cell_len(line) for line, _, _ in written), default=0), 76)
    for line, guess, is_live in written:
        mark = "guess " if is_live else ""
        yield f"{line}{' ' * (width - cell_len(line))}  # {mark}{guess.certainty} %: {write_line(guess.why)}"
    if not rows:
        for role, what in (("org", "which org unit a row belongs to"), ("date", "when it counts")):
            if role not in roles and not (role == "date" and "period" in roles):
                yield f"  # Still to be said: {what} (`is: {role}`)."


def write_query(table: DescribedTable, guesses: Sequence[Guess], conn_id: str) -> str:
    """Return the SELECT of a draft: the columns that are needed, the window, and deleted records left out."""
    lines = [
        f"-- A draft: the table {write_line(table.name)} of the connection {conn_id}. Lines with a guess: mend them,",
        "-- then delete the mark. Join, convert and aggregate here as you need; one row of the result is one record.",
        "SELECT",
    ]
    chosen = [guess for guess in guesses if guess.needed]
    for place, guess in enumerate([*chosen, *(guess for guess in guesses if not guess.needed)]):
        before = "    " if place == 0 else "  , "
        name = table.quoted[guess.column.name]
        lines.append(before + _write_column(table, guess) if guess.needed else f"  -- , {write_line(name)}")
    lines.append(f"FROM {table.written}")
    conditions = _write_window(table, chosen)
    for guess in guesses:
        if marks_deleted(guess.column):
            conditions.append(write_kept(guess.column, table.quoted[guess.column.name], table.dialect))
    for place, condition in enumerate(conditions):
        lines.append(f"{'WHERE' if place == 0 else '  AND'} {condition}")
    asked = (guess.column for guess in guesses if _asks_status(guess))
    lines += [write_status(column, table.quoted[column.name], table.dialect) for column in asked]
    return "\n".join(lines) + "\n"


def _write_window(table: DescribedTable, guesses: Sequence[Guess]) -> list[str]:
    """Return the condition on the window, by the column that tells the date."""
    dated = next((guess for guess in guesses if guess.keys.get("is") in {"date", "period"}), None)
    if dated is None or dated.keys.get("type") != "date" or "format" in dated.keys:
        return ["1 = 1  -- guess 0 %: say which rows belong to the window, by :window_start and :window_end"]
    column, first, stop = table.quoted[dated.column.name], ":window_start", ":window_end"
    texts = dated.column.texts
    mark = f"  -- guess {dated.certainty} %: the date that a row counts by"
    if table.dialect == "sqlite" and texts and "-" not in texts[0]:
        between = "/" if "/" in texts[0] else ""
        first, stop = (f"replace({name}, '-', '{between}')" for name in (first, stop))
    elif table.dialect != "sqlite" and not dated.column.type.startswith(("date", "timestamp")):
        column = f"CAST({column} AS date)"
    return [f"{column} >= {first} AND {column} < {stop}{mark}"]


def _asks_status(guess: Guess) -> bool:
    """Tell whether it is asked which values count: of a column that is read, only if it is called a status."""
    column = guess.column
    if marks_deleted(column) or not tells_status(column):
        return False
    return not guess.needed or is_called_status(column)


def _write_column(table: DescribedTable, guess: Guess) -> str:
    """Return a column of the SELECT: MySQL tells six digits of a FLOAT, so that it is cast."""
    quoted = table.quoted[guess.column.name]
    if not guess.column.unreadable:
        return quoted
    return (
        f"CAST({quoted} AS DECIMAL(45, 6)) AS {quoted}  -- guess 50 %: a FLOAT; how many decimals are meant?"
    )


def describe_endpoint(endpoint: Endpoint, conn_id: str, path: str, params: dict[str, str]) -> tuple[str, ...]:
    """Return the lines of a REST source."""
    given = json.dumps(params, ensure_ascii=False)
    asked = f"params: {given}, " if params else ""
    lines = [
        f"connection: {conn_id}",
        '# schedule: "30 2 * * *"      # when Airflow asks it, in the company\'s time zone',
        "# window: 35 days             # what each run reads again; everything without it",
        f"request: {{path: {_write_text(path)}, {asked}auth: {{kind: {endpoint.auth}}}}}"
        + (
            "  # guess 60 %: the window isn't asked for by any parameter"
            if not _asks_window(path, params)
            else ""
        ),
        f"hosts: [{_write_text(endpoint.host)}]",
        f"records: {_write_text(endpoint.records)}  # guess 80 %: the first list of {endpoint.count} objects",
    ]
    lines.append(_describe_paging(endpoint))
    return tuple(lines)


def _describe_paging(endpoint: Endpoint) -> str:
    """Return the line on paging. One answer that isn't all would be taken for all: a total shows it."""
    total = f", total: {endpoint.total}" if endpoint.total else ""
    total += f", total_header: {endpoint.total_header}" if endpoint.total_header else ""
    if endpoint.has_link:
        return f"paging: {{kind: link_header{total}}}  # guess 80 %: the answer has a Link header"
    if endpoint.next:
        return f"paging: {{kind: next_link, next: {endpoint.next}{total}}}  # guess 50 %: or cursor, see the docs"
    if endpoint.says is None:
        return f"paging: {{kind: none}}  # guess 20 %: are these {endpoint.count} all? nothing tells a total"
    if endpoint.says <= endpoint.count:
        return f"paging: {{kind: none{total}}}  # guess 60 %: it says {endpoint.says}, and as many came"
    return (
        f"paging: {{kind: page, param: page, size: {endpoint.count}{total}}}  "
        f"# guess 30 %: it says {endpoint.says}, {endpoint.count} came: how does it hand out more?"
    )


def _asks_window(path: str, params: dict[str, str]) -> bool:
    return "{window_start}" in path + "".join(params.values())


def describe_database(conn_id: str) -> tuple[str, ...]:
    """Return the lines of a SQL source."""
    return (
        f"connection: {conn_id}",
        '# schedule: "0 2 * * *"       # when Airflow reads it, in the company\'s time zone',
        "# window: 35 days             # what each run reads again; everything without it",
    )


def describe_book(book: SampledBook, guesses: Sequence[Guess]) -> tuple[str, ...]:
    """Return the lines of a workbook's layout."""
    lines = ["layout:", f"  kind: {'matrix' if book.pattern else 'records'}"]
    if book.several:
        lines.append(f"  sheet: {_write_text(book.sheet)}  # guess 60 %: the first that has headers")
    if book.pattern:
        lines += [
            f"  header_row: {book.header_row}  # guess 80 %: the periods stand there",
            f"  row_label: {_write_text(book.labels[0])}  # guess 80 %: the first column",
            f'  periods: {{across: columns, pattern: "{book.pattern}"}}  # guess 90 %: as the headers are written',
            "  # Still to be said: whose figures these are, such as `org: {cell: B1}` or `org: {value: east}`.",
        ]
    elif not any(guess.keys.get("is") in {"date", "period"} for guess in guesses) and book.file_period:
        lines.append(f'  period: {{file_name: "{book.file_period}"}}  # guess 70 %: the file\'s name says it')
    return tuple(lines)


def _write_list(texts: Iterable[str]) -> str:
    return f"[{', '.join(_write_text(text) for text in sorted(set(texts)))}]"


def _write_value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else _write_text(str(value))


def _write_text(text: str) -> str:
    """Return a text as YAML reads it back, in quotes where it needs them."""
    plain = _PLAIN.fullmatch(text) and text.casefold() not in _WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)
