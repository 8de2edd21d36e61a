"""The same facts on other bases: the tree as it stands today, like for like, other definition versions."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.company import METRICS, ORG, Company, Fact, read_company
from tests.test_rollup import months, republish, series


def on(company: Company, basis: str, metric: str, org: str, period: str) -> object:
    """Return one row of another board; None where there is none."""
    board = f"bi.kpi_{'quarter' if 'Q' in period else 'month'}_{basis}"
    rows = company.query(
        f"SELECT * FROM {board} WHERE metric = :m AND org = :o AND period = :p AND dimensions = '{{}}'",
        m=metric, o=org, p=period,
    )  # fmt: skip
    assert len(rows) <= 1, rows
    return rows[0] if rows else None


def values(company: Company, basis: str, metric: str, org: str, *periods: str) -> list[object]:
    rows = [on(company, basis, metric, org, period) for period in periods]
    return [row.value if row else "none" for row in rows]  # type: ignore[attr-defined]


# As is --------------------------------------------------------------------------------------------------------


def test_as_is_puts_the_past_where_the_units_stand_today(company: Company) -> None:
    company.count(*months("sales", "p2", 1, 2, 4, first=4), *months("sales", "p1", 10, 20, 40, first=4),
                  *months("stock", "p2", 5, 6, 7, first=4), *months("cost", "p2", 1, 1, 1, first=4))  # fmt: skip
    assert series(company, "sales", "east", "2026-04", "2026-05", "2026-Q2") == [11, 20, 71]
    assert values(company, "as_is", "sales", "east", "2026-04", "2026-05", "2026-Q2") == [10, 20, 70]
    assert values(company, "as_is", "sales", "west", "2026-04", "2026-05", "2026-Q2") == [1, 2, 7]
    assert values(company, "as_is", "sales", "group", "2026-04", "2026-Q2") == [11, 77]
    assert values(company, "as_is", "stock", "west", "2026-04", "2026-Q2") == [5, 7]
    assert values(company, "as_is", "cost_rate", "west", "2026-04", "2026-Q2") == [
        100,
        Decimal("42.857142857143"),
    ]
    row = on(company, "as_is", "sales", "p2", "2026-04")
    assert (row.org_path, row.value) == ("/group/west/p2", 1)  # type: ignore[attr-defined]
    assert on(company, "as_is", "sales", "west", "2026-06").ytd == 7  # type: ignore[attr-defined]


def test_the_year_after_a_move_looks_back_on_the_tree_of_today(
    warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    company = Company(read_company(tmp_path, org=ORG.replace("2026-05-01", "2026-01-01")))
    company.count(Fact("sales", "p1", "2025-12", 10), Fact("sales", "p2", "2025-12", 1),
                  Fact("sales", "p1", "2026-01", 30), Fact("sales", "p2", "2026-01", 5))  # fmt: skip
    assert series(company, "growth", "east", "2026-01") == [19]
    assert values(company, "as_is", "growth", "east", "2026-01") == [20], "p2's December is west's today"
    assert values(company, "as_is", "growth", "west", "2026-01") == [4]


def test_a_unit_that_merged_counts_in_the_one_it_became_part_of(
    warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    org = ORG.replace(
        "{unit: p1, parent: east, level: plant,",
        "{unit: p1, parent: east, level: plant, to: 2026-03-01, into: p3,",
    )
    company = Company(read_company(tmp_path, org=org))
    company.count(*months("sales", "p1", 1, 2), *months("sales", "p3", 10, 20, 30))
    assert series(company, "sales", "east", "2026-01", "2026-02", "2026-Q1") == [1, 2, 3]
    assert values(company, "as_is", "sales", "east", "2026-01", "2026-Q1") == ["none", "none"]
    assert values(company, "as_is", "sales", "p3", "2026-01", "2026-02", "2026-03", "2026-Q1") == [
        11,
        22,
        30,
        63,
    ]
    assert values(company, "as_is", "sales", "west", "2026-Q1") == [63]
    assert values(company, "as_is", "sales", "group", "2026-Q1") == [63]


def test_another_tree_of_today_closes_the_rows_of_the_former(company: Company, tmp_path: Path) -> None:
    company.count(*months("sales", "p2", 1, 2, 4, first=4))
    assert values(company, "as_is", "sales", "west", "2026-Q2") == [7]
    straight = ORG.replace(", to: 2026-05-01", "").replace(
        "- {unit: p2, parent: west, level: plant, from: 2026-05-01}\n", ""
    )
    republish(company, tmp_path / "new", org=straight)
    assert values(company, "as_is", "sales", "west", "2026-Q2") == ["none"]
    assert values(company, "as_is", "sales", "east", "2026-Q2") == [7]
    left = company.query("SELECT DISTINCT basis FROM ledger.kpi WHERE superseded_at = 'infinity'")
    assert left == [("W",)]


# Like for like ------------------------------------------------------------------------------------------------


def test_like_for_like_counts_units_of_both_periods_only(company: Company) -> None:
    company.count(*[Fact("sales", org, period, value) for org, period, value in (
        ("p1", "2025-06", 10), ("p2", "2025-06", 5), ("p3", "2025-06", 100),
        ("p1", "2026-06", 20), ("p2", "2026-06", 7), ("p3", "2026-06", 150))])  # fmt: skip
    assert series(company, "sales", "east", "2025-06", "2026-06") == [15, 20]
    row = on(company, "like_for_like", "sales", "east", "2026-06")
    assert (row.value, row.year_ago, row.yoy) == (20, 10, 1)  # type: ignore[attr-defined]
    row = on(company, "like_for_like", "sales", "west", "2026-06")
    assert (row.value, row.year_ago, row.yoy) == (150, 100, Decimal("0.5"))  # type: ignore[attr-defined]
    row = on(company, "like_for_like", "sales", "group", "2026-06")
    assert (row.value, row.year_ago) == (177, 115)  # type: ignore[attr-defined]
    assert (row.previous, row.ytd, row.target, row.status) == (None, None, None, "none")  # type: ignore[attr-defined]


def test_like_for_like_leaves_out_what_opened_since(
    warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    org = ORG.replace(
        "{unit: p3, parent: west, level: plant,", "{unit: p3, parent: west, level: plant, from: 2025-11-15,"
    )
    company = Company(read_company(tmp_path, org=org))
    company.count(*[Fact(metric, unit, period, value) for metric in ("sales", "cost") for unit, period, value in (
        ("p1", "2025-11", 10), ("p1", "2025-12", 10), ("p1", "2026-11", 11), ("p1", "2026-12", 12),
        ("p1", "2026-01", 12), ("p1", "2025-01", 12),
        ("p3", "2025-11", 3), ("p3", "2025-12", 5), ("p3", "2026-01", 5), ("p3", "2026-11", 6), ("p3", "2026-12", 7))])  # fmt: skip
    assert series(company, "sales", "p3", "2025-11", "2025-Q4") == [3, 8], "opened in the middle of a month"
    row = on(company, "like_for_like", "sales", "group", "2026-01")
    assert (row.value, row.year_ago, row.yoy) == (12, 12, 0)  # type: ignore[attr-defined]
    row = on(company, "like_for_like", "sales", "group", "2026-11")
    assert (row.value, row.year_ago) == (17, 13)  # type: ignore[attr-defined]
    row = on(company, "like_for_like", "sales", "group", "2026-Q4")
    assert (row.value, row.year_ago) == (36, 28)  # type: ignore[attr-defined]
    assert on(company, "like_for_like", "sales", "p3", "2026-01") is None
    assert on(company, "like_for_like", "cost_rate", "group", "2026-01").value == 100  # type: ignore[attr-defined]


# Definition versions ------------------------------------------------------------------------------------------

VERSIONS = METRICS.replace(
    "better: up, formula: sales - cost}",
    "better: up, formula: sales - cost,\n         versions: [{valid_from: 2026-07-01, formula: sales - 2 * cost, definition: e}]}",
).replace("unit: t, owner", "unit: t, owner")


def test_both_bases_of_a_period_can_be_asked_for(
    warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    company = Company(read_company(tmp_path, metrics__all=VERSIONS))
    company.count(*months("sales", "p1", 10, 10, first=6), *months("cost", "p1", 3, 3, first=6))
    assert series(company, "profit", "group", "2026-06", "2026-07") == [7, 4]
    rows = company.query("SELECT period, metric_version, value, previous FROM bi.kpi_month_by_version "
                         "WHERE metric = 'profit' AND org = 'group' ORDER BY 1, 2")  # fmt: skip
    assert rows == [
        ("2026-06", 1, 7, None),
        ("2026-06", 2, 4, None),
        ("2026-07", 1, 7, 7),
        ("2026-07", 2, 4, 4),
    ]
    assert company.query("SELECT metric_version, value FROM bi.kpi_quarter_by_version WHERE metric = 'profit' "
                         "AND org = 'east' AND period = '2026-Q3' ORDER BY 1") == [(1, 7), (2, 4)]  # fmt: skip
    company.count(Fact("cost", "p1", "2026-06", 1), Fact("sales", "p1", "2026-06", 10))
    assert company.query("SELECT metric_version, value FROM bi.kpi_month_by_version WHERE metric = 'profit' "
                         "AND org = 'east' AND period = '2026-06' ORDER BY 1") == [(1, 9), (2, 8)]  # fmt: skip


def test_a_reported_metric_has_the_other_basis_where_it_is_reported(
    warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    metrics = METRICS.replace("unit: t, owner: controller, tier: internal, better: down, over_time: last, over_org: sum}",
        "unit: t, owner: controller, tier: internal, better: down, over_time: last, over_org: sum,\n"
        "        versions: [{valid_from: 2026-07-01, definition: e}]}")  # fmt: skip
    assert metrics != METRICS
    company = Company(read_company(tmp_path, metrics__all=metrics))
    company.count(Fact("stock", "p1", "2026-06", 10), Fact("stock", "p1", "2026-07", 8, version=2),
                  Fact("stock", "p1", "2026-07", 9, version=1, row=2))  # fmt: skip
    assert series(company, "stock", "group", "2026-06", "2026-07") == [10, 8]
    rows = company.query("SELECT period, metric_version, value FROM bi.kpi_month_by_version "
                         "WHERE metric = 'stock' AND org = 'group' ORDER BY 1, 2")  # fmt: skip
    assert rows == [("2026-06", 1, 10), ("2026-07", 1, 9), ("2026-07", 2, 8)], (
        "June was not reported for version 2"
    )
