"""Read a configuration folder, check it as a whole and compile it into a Catalogue."""

import contextlib
import dataclasses
import hashlib
import re
from pathlib import Path
from typing import Any

from include.catalogue.catalogue import Catalogue, MetricDefinition
from include.catalogue.crosscheck import check_all
from include.catalogue.draft import Draft, Entry
from include.catalogue.explaining import check_model, nearest
from include.catalogue.expressions import ExpressionError, names, parse_rule
from include.catalogue.models import (
    CalendarConfig,
    Elimination,
    Measure,
    Metric,
    OrgLine,
    Person,
    RestSource,
    SourceBase,
    SqlSource,
    UnitsConfig,
    WorkbookSource,
)
from include.catalogue.org import OrgTree
from include.catalogue.rates import define_rates
from include.catalogue.reading import Document, Problem, read_document, shown_path
from include.catalogue.units import UnitSystem
from include.catalogue.versions import compile_metrics
from include.errors import ConfigurationError

SINGLE_FILES = ("people", "calendar", "units", "org", "eliminations")
FOLDERS = ("metrics", "sources")
DRAFTS = "drafts"
"""The folder of sources that `./kpi new-source` wrote and nobody has confirmed: nothing in it is read."""
GUESS = re.compile(r"(?:#|--) *guess \d+ %")
"""What marks a guess in a source's file or query until it is confirmed."""
WEEK_PATTERN = "{year}年第{week}周"
KINDS: dict[str, type[SourceBase]] = {"workbook": WorkbookSource, "sql": SqlSource, "rest": RestSource}


def load_catalogue(folder: Path) -> Catalogue:
    """Return the configuration in `folder`, compiled. Raises ConfigurationError with every fault at once."""
    catalogue, problems = check_catalogue(folder)
    if catalogue is None:
        raise ConfigurationError(str(problem) for problem in problems)
    return catalogue


def check_catalogue(folder: Path) -> tuple[Catalogue | None, list[Problem]]:
    """Return the compiled configuration and no problems, or None and all problems by file and line."""
    draft = _read_folder(folder)
    definitions: dict[str, list[MetricDefinition]] = {}
    if folder.is_dir():
        definitions = check_all(draft, compile_metrics(draft))
    if draft.problems:
        return None, sorted(set(draft.problems))
    people = {name: entry.model for name, entry in draft.people.items()}
    sources = {name: entry.model for name, entry in draft.sources.items()}
    catalogue = Catalogue(
        folder=folder,
        fingerprint=fingerprint_of(folder),
        people=people,
        calendar=draft.calendar,
        metrics=definitions | define_rates(sources.values(), draft.calendar.currency),
        sources=sources,
        org=OrgTree.from_lines(entry.model for entry in draft.org_lines),
        units=draft.units,
        queries=draft.queries,
        eliminations=tuple(entry.model for entry in draft.eliminations),
        warnings=tuple(sorted(set(draft.warnings))),
    )
    return catalogue, []


def fingerprint_of(folder: Path) -> str:
    """Return the SHA-256 over the names and bytes of all YAML and SQL files below `folder`."""
    digest = hashlib.sha256()
    for path in _files(folder, (".yaml", ".yml", ".sql")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _files(folder: Path, endings: tuple[str, ...]) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.suffix.lower() in endings and path.is_file())
    return sorted(
        path
        for path in found
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.relative_to(folder).parts[0] != DRAFTS
    )


def list_drafts(folder: Path) -> list[tuple[str, int]]:
    """Return the drafts of sources that wait to be confirmed, each with the number of guesses left in it."""
    files = sorted((folder / DRAFTS).glob("*.yaml"))
    pairs = [(file, file.with_suffix(".sql")) for file in files]
    return [
        (
            shown_path(file),
            sum(len(GUESS.findall(p.read_text("utf-8"))) for p in (file, query) if p.is_file()),
        )
        for file, query in pairs
    ]


def _read_folder(folder: Path) -> Draft:
    draft = Draft(folder)
    if not folder.is_dir():
        draft.tell(
            Problem(shown_path(folder), 0, "there is no such folder", "set KPI_CONFIG to the configuration")
        )
        return draft
    documents: dict[str, list[tuple[Path, Document]]] = {}
    for path in _files(folder, (".yaml", ".yml")):
        kind = _kind_of(path.relative_to(folder), draft)
        if kind is None:
            continue
        document = read_document(path, draft.problems)
        if document is None:
            draft.unread.add(kind)
        else:
            documents.setdefault(kind, []).append((path, document))
    _read_settings(draft, documents)
    for _, document in documents.get("metrics", []):
        _read_metrics(draft, document)
    for path, document in documents.get("sources", []):
        _read_source(draft, path, document)
    _require(draft)
    return draft


def _kind_of(relative: Path, draft: Draft) -> str | None:
    """Return what a file describes, by its place: `metrics`, `sources`, or the stem of a single file."""
    top = relative.parts[0]
    if len(relative.parts) > 1 and top in FOLDERS:
        return top
    if len(relative.parts) == 1 and relative.stem in SINGLE_FILES:
        return relative.stem
    what = (
        f"the folder {top}/ means nothing" if len(relative.parts) > 1 else "a file of this name means nothing"
    )
    shown = shown_path(draft.folder / relative)
    draft.tell(Problem(shown, 0, what, _name_file(top)))
    return None


def _name_file(name: str) -> str:
    """Return how to mend the name of a file or folder that means nothing."""
    close = nearest(name.partition(".")[0], [*SINGLE_FILES, *FOLDERS], 1)
    files = {one: f"{one}.yaml" for one in SINGLE_FILES} | {one: f"{one}/" for one in FOLDERS}
    hint = f"did you mean {files[close[0]]}? " if close else ""
    return hint + "metrics go in metrics/, sources in sources/"


def _require(draft: Draft) -> None:
    """Tell which of the files that no company can do without are missing."""
    for name, why in (("org", "list the org units"), ("people", "list the owners")):
        if not any((draft.folder / f"{name}{end}").exists() for end in (".yaml", ".yml")):
            draft.tell(
                Problem(shown_path(draft.folder / f"{name}.yaml"), 0, "the file is missing", f"{why} in it")
            )
            draft.unread.add(name)


def _read_settings(draft: Draft, documents: dict[str, list[tuple[Path, Document]]]) -> None:
    for _, document in documents.get("people", []):
        for name, value in _mapping(draft, document, "roles: `finance_controller: {email: ...}`").items():
            draft.people_names.add(name)
            entry = Entry.read(Person, document, (name,), value, draft.problems)
            draft.people |= {name: entry} if entry else {}
    for _, document in documents.get("calendar", []):
        draft.calendar_document = document
        draft.calendar = (
            check_model(CalendarConfig, document.data, document, (), draft.problems) or CalendarConfig()
        )
    for _, document in documents.get("units", []):
        config = check_model(UnitsConfig, document.data, document, (), draft.problems)
        draft.units = UnitSystem(config)
        draft.problems.extend(document.problem(path, what, mend) for path, what, mend in draft.units.faults)
        if config is None:
            draft.unread.add("units")
    for _, document in documents.get("org", []):
        for index, value in enumerate(_listing(draft, document, "`- {unit: east, parent: group, ...}`")):
            draft.add_org_line(Entry.read(OrgLine, document, (index,), value, draft.problems), value)
    for _, document in documents.get("eliminations", []):
        for index, value in enumerate(
            _listing(draft, document, "`- {pair: [a, b], counterparty: dimension}`")
        ):
            pair = Entry.read(Elimination, document, (index,), value, draft.problems)
            draft.eliminations.extend([pair] if pair else [])


def _read_metrics(draft: Draft, document: Document) -> None:
    for name, value in _mapping(draft, document, "metrics: `revenue: {name: ..., unit: ...}`").items():
        draft.metric_names.add(name)
        if name in draft.metric_places:
            first = draft.metric_places[name]
            draft.tell(
                document.problem(
                    (name,), f"the metric {name!r} stands in {first} already", "keep one", key=True
                )
            )
            continue
        draft.metric_places[name] = f"{document.file}:{document.line_of((name,), key=True)}"
        _check_identifier(draft, document, name)
        entry = Entry.read(Metric, document, (name,), value, draft.problems)
        if entry is not None:
            draft.metrics[name] = entry


def _check_identifier(draft: Draft, document: Document, name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
        remedy = "use up to 63 small letters, digits and _, starting with a letter; the name may be Chinese"
        draft.tell(document.problem((name,), f"{name!r} can't be a metric's id", remedy, key=True))


def _refuse_guesses(draft: Draft, path: Path) -> None:
    """Tell each line of a source's file or query that holds a guess which nobody has confirmed."""
    text = path.read_text("utf-8-sig", errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        if GUESS.search(line) and not line.lstrip().startswith("#"):
            remedy = (
                "mend the line where it is wrong, then delete its mark (from the # or -- before `guess` on)"
            )
            draft.tell(Problem(shown_path(path), number, "this guess isn't confirmed", remedy))


def _read_source(draft: Draft, path: Path, document: Document) -> None:
    _refuse_guesses(draft, path)
    value = _mapping(draft, document, "one source: `source: sales_orders`, `kind: sql`, ...")
    if not value:
        return
    kind = value.get("kind")
    if kind not in KINDS:
        close = nearest(str(kind), KINDS, 1)
        what = "'kind' is missing" if kind is None else f"kind can't be {kind!r}"
        remedy = (
            f"did you mean {close[0]}?"
            if close and kind
            else "write `kind: workbook`, `kind: sql` or `kind: rest`"
        )
        draft.tell(document.problem(("kind",) if "kind" in value else (), what, remedy))
        return
    entry: Entry[Any] | None = Entry.read(KINDS[kind], document, (), value, draft.problems)
    if entry is None:
        draft.unread.add("sources")
        return
    name = entry.model.source
    if name in draft.sources:
        first = draft.sources[name].document.file
        draft.tell(
            document.problem(("source",), f"the source {name!r} stands in {first} already", "rename one")
        )
        return
    draft.sources[name] = _with_ruled_rows(_with_own_periods(draft, entry))
    if kind == "sql":
        _read_query(draft, path, entry)


def _with_own_periods(draft: Draft, entry: Entry[Any]) -> Entry[Any]:
    """Return the source with the defaults of a calendar of weeks, where the company has one."""
    source = entry.model
    if draft.calendar.periods != "iso-week":
        return entry
    changes: dict[str, Any] = {} if "slice" in source.model_fields_set else {"slice": "week"}
    layout = source.layout if isinstance(source, WorkbookSource) else None
    if layout and layout.periods and "pattern" not in layout.periods.model_fields_set:
        weekly = layout.periods.model_copy(update={"pattern": WEEK_PATTERN})
        changes["layout"] = layout.model_copy(update={"periods": weekly})
    return dataclasses.replace(entry, model=source.model_copy(update=changes))


def _with_ruled_rows(entry: Entry[Any]) -> Entry[Any]:
    """Return the source with the further row labels that a matrix's rules name, as rows without a metric.

    A label that looks like a slip of a declared one is left to the checks.
    """
    source = entry.model
    if not isinstance(source, WorkbookSource) or source.layout.kind != "matrix":
        return entry
    further: dict[str, Measure] = {}
    for check in source.checks:
        with contextlib.suppress(ExpressionError):
            named = names(parse_rule(check.rule)) - source.rows.keys()
            further |= {name: Measure() for name in sorted(named) if not nearest(name, source.rows, 1)}
    if not further:
        return entry
    return dataclasses.replace(entry, model=source.model_copy(update={"rows": {**source.rows, **further}}))


def _read_query(draft: Draft, path: Path, entry: Entry[Any]) -> None:
    """Find the `.sql` file: named by `query`, else by the YAML file's or the source's own name beside it."""
    source = entry.model
    wanted = [source.query] if source.query else [f"{path.stem}.sql", f"{source.source}.sql"]
    place = ("query",) if source.query else ("source",)
    found = next((path.parent / name for name in wanted if (path.parent / name).is_file()), None)
    if found is None:
        remedy = f"write the query in {shown_path(path.parent / wanted[0])}"
        draft.tell(entry.problem(place, "the query's .sql file is missing", remedy))
        return
    if draft.folder.resolve() not in found.resolve().parents:
        draft.tell(
            entry.problem(place, "the query stands outside the configuration", "move it beside the source")
        )
        return
    try:
        draft.queries[source.source] = found.read_text("utf-8-sig")
        draft.query_files[source.source] = shown_path(found)
        _refuse_guesses(draft, found)
    except (OSError, UnicodeDecodeError):
        draft.tell(Problem(shown_path(found), 1, "can't be read as UTF-8 text", "save the file as UTF-8"))


def _mapping(draft: Draft, document: Document, form: str) -> dict[str, Any]:
    if isinstance(document.data, dict):
        return document.data
    draft.tell(document.problem((), "the file must hold `key: value` entries", f"write {form}"))
    return {}


def _listing(draft: Draft, document: Document, form: str) -> list[Any]:
    if isinstance(document.data, list):
        return document.data
    draft.tell(document.problem((), "the file must be a list", f"write one entry a line: {form}"))
    return []
