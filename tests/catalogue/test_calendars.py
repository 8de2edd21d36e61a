"""Calendars in the configuration: what months, 4-4-5 and ISO weeks each allow."""

import datetime as dt
from pathlib import Path

import pytest

from include.catalogue import check_catalogue, load_catalogue
from include.catalogue.loading import WEEK_PATTERN
from tests.company import FILES, METRICS, ORG, write_company

BOOK = FILES["sources/book.yaml"]
WEEKLY_BOOK = BOOK.replace("month: {type: month", "month: {type: week")
SOURCES = {
    f"sources__{name}": FILES[f"sources/{name}.yaml"].replace("type: month", "type: week")
    for name in ("book", "other", "audit")
}
WEEKS = {"calendar": "periods: iso-week\n", "org": ORG.replace("2026-05-01", "2026-05-04"), **SOURCES}
FOUR_FOUR_FIVE = {"calendar": "periods: 4-4-5\n", "org": ORG.replace("2026-05-01", "2026-04-27")}
MATRIX = """\
source: weekly
kind: workbook
layout:
  kind: matrix
  org: {value: p1}
  row_label: 项目
  periods: {across: columns}
rows:
  销售额: {metric: sales}
"""


def faults(folder: Path, **changes: str) -> list[str]:
    """Return the problems of the changed company, the folder's own path left out."""
    _, problems = check_catalogue(write_company(folder, **changes))
    return [str(problem).replace(f"{folder}/", "") for problem in problems]


def test_all_calendars_are_accepted(tmp_path: Path) -> None:
    assert faults(tmp_path / "weeks", **WEEKS) == []
    assert faults(tmp_path / "fiscal", **FOUR_FOUR_FIVE) == []
    assert faults(tmp_path / "february", **FOUR_FOUR_FIVE | {
        "calendar": "{periods: 4-4-5, fiscal_year_starts: 2, fiscal_year_named_by: end}\n",
        "org": ORG.replace("2026-05-01", "2026-05-04"),
    }) == []  # fmt: skip


def test_in_a_calendar_of_weeks_slices_and_headers_are_weeks_by_default(tmp_path: Path) -> None:
    weeks = load_catalogue(write_company(tmp_path / "weeks", **WEEKS, sources__weekly=MATRIX))
    assert weeks.sources["book"].slice == weeks.sources["weekly"].slice == "week"
    assert weeks.sources["weekly"].layout.periods.pattern == WEEK_PATTERN
    assert weeks.periods.month_of(dt.date(2026, 5, 4)) == "2026-W19"
    assert (
        load_catalogue(write_company(tmp_path / "fiscal", **FOUR_FOUR_FIVE)).sources["book"].slice == "month"
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"calendar": "{periods: iso-week, fiscal_year_starts: 4}\n"}, "calendar.yaml:1: a year of ISO weeks can't start in month 4"),
        ({"org": ORG}, "p2 moves on 2026-05-01, in the middle of a week; moves take effect on the first day, e.g. 2026-04-27"),
        ({"sources__book": BOOK}, "the calendar has no months, it is `periods: iso-week`; write `type: week`"),
        ({"sources__book": "slice: month\n" + WEEKLY_BOOK}, "the calendar has no months, it is `periods: iso-week`; write `slice: week`"),
        ({"sources__book": "slice: day\n" + WEEKLY_BOOK}, "slices of a day can't be made of the weeks in 'month'; write `slice: week`"),
        ({"sources__weekly": MATRIX.replace("columns}", "columns, pattern: '{year}年{month}月'}")}, "write it with {week}"),
        ({"sources__weekly": MATRIX.replace("columns}", "columns, pattern: '{year}年第{quarter}季度'}")}, "write `slice: quarter`"),
        ({"metrics__all": METRICS.replace("better: down, over_time: last, over_org: sum}",
          "better: down, over_time: last, over_org: sum, versions: [{valid_from: 2026-05-01, definition: e}]}")},
         "a definition changes in the middle of a week; start it on the first day, e.g. 2026-04-27"),
    ],
)  # fmt: skip
def test_what_a_calendar_of_weeks_refuses(tmp_path: Path, changes: dict[str, str], words: str) -> None:
    (told,) = faults(tmp_path, **WEEKS | changes)
    assert words in told


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"org": ORG}, "in the middle of a month; moves take effect on the first day, e.g. 2026-04-27"),
        ({"sources__book": WEEKLY_BOOK}, "the calendar has no weeks, it is `periods: 4-4-5`; write `type: month`"),
        ({"sources__book": "slice: week\n" + BOOK}, "the calendar has no weeks, it is `periods: 4-4-5`; write `slice: month`"),
        ({"sources__weekly": MATRIX.replace("columns}", "columns, pattern: '{year}-W{week}'}")}, "write it with {month}"),
    ],
)  # fmt: skip
def test_what_a_calendar_of_months_refuses(tmp_path: Path, changes: dict[str, str], words: str) -> None:
    (told,) = faults(tmp_path, **FOUR_FOUR_FIVE | changes)
    assert words in told
