"""Warnings of `./kpi check`: what is allowed and often a mistake."""

from pathlib import Path

import pytest

from include.catalogue import load_catalogue
from tests.catalogue.company import write_company

SOURCE = """
source: orders
owner: sales_ops
kind: sql
connection: erp
cursor: changed
columns:
  store: {type: text, is: org, required: true}
  day: {type: date, is: date, required: true}
  sales: {type: decimal, metric: revenue}
  changed: {is: ignore}
"""


def warn(folder: Path, query: str, source: str = SOURCE) -> list[str]:
    write_company(folder, sources__orders=source)
    (folder / "sources" / "orders.sql").write_text(query, "utf-8")
    found = [str(one).replace(f"{folder}/", "") for one in load_catalogue(folder).warnings]
    return [text for text in found if "orders" in text]


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("SELECT * FROM o WHERE day >= :window_start\n  AND day < :window_end\n  AND deleted = 0", 3),
        ('SELECT *\nFROM o\nWHERE "IsDel" = 0 AND day >= :window_start AND day < :window_end', 3),
        (
            "SELECT * FROM (SELECT * FROM o\nWHERE `state` IN ('paid')) x\n"
            "WHERE day >= :window_start AND day < :window_end",
            2,
        ),
        (
            "SELECT day, sum(s) FROM o WHERE (day >= :window_start AND day < :window_end)\nGROUP BY day\n"
            "HAVING sum(s) > 0",
            3,
        ),
        ("SELECT * FROM o WHERE day BETWEEN :window_start AND :window_end AND\n\n  live", 3),
    ],
)
def test_a_condition_that_a_cursor_cannot_see(tmp_path: Path, query: str, line: int) -> None:
    (warning,) = warn(tmp_path, query)
    assert warning.startswith(f"sources/orders.sql:{line}: with a cursor and no window, a row that this")
    assert "add `window: 35 days` beside the cursor" in warning
    assert not warn(tmp_path, query, SOURCE.replace("cursor: changed", "cursor: changed\nwindow: 35 days"))


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM o WHERE day >= :window_start AND day < :window_end -- AND deleted = 0",
        "SELECT * FROM o\nWHERE 1 = 1 AND (day BETWEEN :window_start AND :window_end)\nORDER BY 'where x = 1'",
        "SELECT CASE WHEN deleted = 1 AND x = 2 THEN 0 ELSE sales END AS sales FROM o JOIN c ON c.id = o.id "
        "WHERE day >= :window_start AND day < :window_end GROUP BY 1",
    ],
)
def test_conditions_on_dates_alone_are_no_reason_to_warn(tmp_path: Path, query: str) -> None:
    assert not warn(tmp_path, query)


def test_a_request_for_records_of_a_status_behind_a_cursor(tmp_path: Path) -> None:
    source = """
source: orders
owner: sales_ops
kind: rest
connection: mes
cursor: changed
request:
  path: /v1
  params: {from: "{window_start}", to: "{window_end_inclusive}", since: "{changed_since}", status: posted}
hosts: [mes.example.com]
columns:
  store: {path: $.store, is: org, required: true}
  day: {path: $.日期, type: date, is: date, required: true}
  sales: {path: $.sales, type: decimal, metric: revenue}
  changed: {path: $.changed, is: ignore}
"""
    (warning,) = warn(tmp_path, "", source)
    assert warning.startswith("sources/orders.yaml:9: with a cursor and no window, a row")
    assert not warn(tmp_path, "", source.replace(", status: posted", ""))


def test_a_source_without_an_owner(tmp_path: Path) -> None:
    query = "SELECT * FROM o WHERE day >= :window_start AND day < :window_end"
    (warning,) = warn(tmp_path, query, SOURCE.replace("owner: sales_ops\n", ""))
    assert warning == (
        "sources/orders.yaml:2: the source has no owner: nobody is mailed all that is refused of it; "
        "name one: `owner: finance_clerk`, a key of people.yaml"
    )
