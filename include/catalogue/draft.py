"""The configuration while it is being checked: models that remember their file and lines."""

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from include.catalogue.explaining import check_model
from include.catalogue.models import CalendarConfig, Elimination, Metric, OrgLine, Person
from include.catalogue.reading import Document, PathKey, Problem
from include.catalogue.units import UnitSystem
from include.period import Calendar

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Entry(Generic[M]):
    """A valid model and where it stands: at `path` of `document`."""

    model: M
    document: Document
    path: PathKey

    @classmethod
    def read(
        cls, model: type[M], document: Document, path: PathKey, data: Any, problems: list[Problem]
    ) -> "Entry[M] | None":
        """Return `data` as an entry; None with its faults in `problems`."""
        checked = check_model(model, data, document, path, problems)
        return None if checked is None else cls(checked, document, path)

    def problem(self, path: PathKey, what: str, remedy: str = "", *, key: bool = False) -> Problem:
        """Return a Problem at `path` within this entry."""
        return self.document.problem((*self.path, *path), what, remedy, key=key)


@dataclass
class Draft:
    """All that was read of a folder, and all problems so far.

    `metric_names`, `people_names` and `org_ids` hold the names of faulty entries too, `unread` the kinds of
    which a file couldn't be read at all: so that one fault isn't told again wherever something refers to it.
    `version_places[metric, version]` is where a version stands, and the keys that it says itself.
    """

    folder: Path
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    people: dict[str, Entry[Person]] = field(default_factory=dict)
    people_names: set[str] = field(default_factory=set)
    calendar: CalendarConfig = field(default_factory=CalendarConfig)
    calendar_document: Document | None = None
    units: UnitSystem = field(default_factory=UnitSystem)
    org_lines: list[Entry[OrgLine]] = field(default_factory=list)
    org_ids: set[str] = field(default_factory=set)
    metrics: dict[str, Entry[Metric]] = field(default_factory=dict)
    metric_names: set[str] = field(default_factory=set)
    metric_places: dict[str, str] = field(default_factory=dict)
    version_places: dict[tuple[str, int], tuple[PathKey, frozenset[str]]] = field(default_factory=dict)
    sources: dict[str, Entry[Any]] = field(default_factory=dict)
    queries: dict[str, str] = field(default_factory=dict)
    query_files: dict[str, str] = field(default_factory=dict)
    eliminations: list[Entry[Elimination]] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)

    @property
    def periods(self) -> Calendar:
        """The company's calendar."""
        return Calendar(self.calendar)

    def find_opening(self, date: dt.date) -> dt.date | None:
        """Return the first day of the month or week that `date` stands in the middle of; None where one begins."""
        if self.periods.opens_month(date):
            return None
        return self.periods.period_bounds(self.periods.month_of(date))[0]

    def tell(self, problem: Problem) -> None:
        """Add a problem."""
        self.problems.append(problem)

    def warn(self, problem: Problem) -> None:
        """Add a warning: what is allowed and may be a mistake."""
        self.warnings.append(problem)

    def add_org_line(self, entry: Entry[OrgLine] | None, value: Any) -> None:
        """Keep a line of org.yaml; of a faulty one only its id, so that it isn't called unknown too."""
        if isinstance(value, dict) and isinstance(value.get("unit"), str):
            self.org_ids.add(value["unit"])
        if entry is None:
            self.unread.add("org")
        else:
            self.org_lines.append(entry)
