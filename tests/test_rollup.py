"""Rollups against numbers worked out by hand."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from include import stages, warehouse
from include.publish import publish_catalogue
from tests.company import METRICS, ORG, Company, Fact, read_company

A, B = '{"product":"a"}', '{"product":"b"}'


def months(metric: str, org: str, *values: int | str | None, first: int = 1, **more: str) -> list[Fact]:
    """One fact a month of 2026 from `first` on; None is a month not reported."""
    return [
        Fact(metric, org, f"2026-{first + i:02d}", value, **more)
        for i, value in enumerate(values)
        if value is not None
    ]


def series(
    company: Company, metric: str, org: str, *periods: str, column: str = "value"
) -> list[Decimal | None]:
    rows = [company.board(metric, org, period) for period in periods]
    return [getattr(row, column) if row else "none" for row in rows]  # type: ignore[misc]


Q1 = ("2026-01", "2026-02", "2026-03", "2026-Q1")


def test_sums_climb_the_tree(company: Company) -> None:
    company.count(*months("sales", "p1", 1, 2, 4), *months("sales", "p3", 10, None, 40))
    assert series(company, "sales", "p1", *Q1) == [1, 2, 4, 7]
    assert series(company, "sales", "east", *Q1) == [1, 2, 4, 7]
    assert series(company, "sales", "group", *Q1) == [11, 2, 44, 57]
    assert series(company, "sales", "group", *Q1, column="ytd") == [11, 13, 57, 57]
    assert series(company, "sales", "p3", *Q1) == [10, "none", 40, 50], "missing is not zero"
    assert company.board("sales", "p1", "2026-03").org_path == "/group/east/p1"


def test_a_stock_is_the_last_one(company: Company) -> None:
    days = [
        Fact("stock", "p1", "2026-03-30", 8),
        Fact("stock", "p1", "2026-03-02", 9),
        Fact("stock", "p3", "2026-03-31", 5),
    ]
    company.count(*days)
    assert series(company, "stock", "group", "2026-03", "2026-Q1") == [13, 13]
    company.count(Fact("stock", "p1", "2026-05-01", 3))
    assert series(company, "stock", "group", "2026-05", "2026-Q2") == [3, None]
    row = company.board("stock", "group", "2026-Q2")
    assert (row.reason, row.completeness) == ("no value for the period's last month", 0)


def test_averages(company: Company) -> None:
    company.count(*[fact for metric in ("price", "staff")
                    for fact in (*months(metric, "p1", 10, 20), *months(metric, "p3", None, 40, 70))])  # fmt: skip
    assert series(company, "price", "p1", *Q1) == [10, 20, "none", 15]
    assert series(company, "price", "group", *Q1) == [10, 30, 70, 35]  # (15 + 55) / 2
    assert series(company, "staff", "group", *Q1) == [10, 60, 70, 70]  # 15 + 55
    assert series(company, "price", "p1", *Q1, column="ytd") == [10, 15, "none", 15]


def test_lowest_highest_and_what_does_not_add_up(company: Company) -> None:
    facts = [Fact(m, org, f"2026-0{month}", value) for m in ("lowest", "highest", "rank")
             for org, month, value in (("p1", 1, 5), ("p1", 2, 3), ("p2", 1, 4))]  # fmt: skip
    company.count(*facts)
    assert series(company, "lowest", "group", "2026-01", "2026-02", "2026-Q1") == [4, 3, 3]
    assert series(company, "highest", "group", "2026-01", "2026-02", "2026-Q1") == [5, 3, 5]
    assert series(company, "rank", "p1", "2026-01", "2026-02") == [5, 3]
    assert company.board("rank", "group", "2026-01") is None
    row = company.board("rank", "p1", "2026-Q1")
    assert (row.value, row.reason) == (None, "not aggregated over time")


def test_ratios_are_sum_over_sum_and_formulas_follow_aggregation(company: Company) -> None:
    company.count(*months("sales", "p1", 100, 200, 300), *months("cost", "p1", 50, 100, 200),
                  *months("sales", "p3", 50), *months("cost", "p3", 1))  # fmt: skip
    assert series(company, "cost_rate", "p1", *Q1) == [
        50,
        50,
        Decimal("66.666666666667"),
        Decimal("58.333333333333"),
    ]
    assert company.kpi("cost_rate", "group", "2026-01") == 34  # 51 / 150
    assert series(company, "profit", "group", *Q1) == [99, 100, 100, 299]
    assert series(company, "profit", "group", *Q1, column="ytd") == [99, 199, 299, 299]
    assert series(company, "run_rate", "group", *Q1) == [99, 199, 299, 299]
    assert series(company, "growth", "group", *Q1) == [None, 50, 100, None]
    assert company.board("growth", "group", "2026-01").reason == "no value for sales of the period before"


def test_prior_looks_over_the_turn_of_the_year_in_either_order(company: Company) -> None:
    company.count(Fact("sales", "p1", "2026-01", 10))
    company.count(Fact("sales", "p1", "2025-12", 4))
    assert company.kpi("growth", "group", "2026-01") == 6
    assert company.kpi("growth", "group", "2026-Q1") == 6
    company.count(Fact("sales", "p1", "2025-12", 5))
    assert company.kpi("growth", "p1", "2026-01") == 5


def test_a_missing_part_is_said_and_a_zero_divisor_too(company: Company) -> None:
    company.count(
        Fact("sales", "p1", "2026-01", 0), Fact("cost", "p1", "2026-01", 3), Fact("cost", "p1", "2026-02", 3)
    )
    row = company.board("cost_rate", "p1", "2026-01")
    assert (row.value, row.reason) == (None, "the divisor is zero")
    row = company.board("profit", "p1", "2026-02")
    assert (row.value, row.reason) == (None, "no value for sales")


def test_quotients_round_half_up_at_the_twelfth_place_whatever_their_size(company: Company) -> None:
    for n, (dividend, divisor, expected) in enumerate(
        [
            ("0.000000000001", "200", "0.000000000001"),  # 5e-13 %, a tie
            ("-0.000000000001", "200", "-0.000000000001"),
            ("0.00000000000099999999", "200", "0"),
            ("123456789012345678901234567890", "700", "17636684144620811271604938270"),
            ("1", "3e12", "0.000000000033"),
        ]
    ):
        month = f"2026-{n + 1:02d}"
        company.count(Fact("cost", "p1", month, dividend), Fact("sales", "p1", month, divisor))
        assert company.kpi("cost_rate", "p1", month) == Decimal(expected), month


# Dimensions ---------------------------------------------------------------------------------------------------


def test_each_dimension_the_full_set_and_the_total(company: Company) -> None:
    ax = '{"channel":"x","product":"a"}'
    ay, bx = ax.replace("x", "y"), ax.replace('a"}', 'b"}')
    company.count(
        Fact("sales", "p1", "2026-01", 1, ax),
        Fact("sales", "p1", "2026-01", 2, ay),
        Fact("sales", "p3", "2026-01", 4, bx),
    )
    assert company.kpi("sales", "group", "2026-01") == 7
    found = company.query(
        "SELECT dimensions, value FROM bi.kpi_month WHERE org = 'group' AND metric = 'sales'"
    )
    wanted = {"": 7, "a": 3, "b": 4, "x": 5, "y": 2, "xa": 1, "ya": 2, "xb": 4}
    assert {"".join(d[k] for k in sorted(d)): v for d, v in found} == wanted


def test_a_ratio_by_dimension_needs_both_parts_there(company: Company) -> None:
    company.count(
        Fact("sales", "p1", "2026-01", 10, A),
        Fact("sales", "p1", "2026-01", 10, B),
        Fact("cost", "p1", "2026-01", 5, A),
    )
    assert company.kpi("cost_rate", "p1", "2026-01", A) == 50
    assert company.board("cost_rate", "p1", "2026-01", B) is None
    assert company.kpi("cost_rate", "p1", "2026-01") == 25


def test_a_month_is_reported_whichever_of_its_products_is(company: Company) -> None:
    company.count(
        Fact("sales", "p1", "2026-01", 1, A),
        Fact("sales", "p1", "2026-02", 1, B),
        Fact("sales", "p1", "2026-03", 1, A),
    )
    row = company.board("sales", "group", "2026-Q1")
    assert (row.value, row.completeness, row.reason) == (3, 1, None)


# The tree as it was -------------------------------------------------------------------------------------------


def test_a_unit_that_moves_counts_under_the_parent_of_each_month(company: Company) -> None:
    company.count(*months("sales", "p2", 1, 2, 4, first=4), *months("stock", "p2", 5, 6, 7, first=4))
    assert series(company, "sales", "east", "2026-04", "2026-05", "2026-Q2") == [1, "none", 1]
    assert series(company, "sales", "west", "2026-04", "2026-05", "2026-06", "2026-Q2") == ["none", 2, 4, 6]
    assert series(company, "sales", "group", "2026-Q2") == [7]
    assert series(company, "stock", "east", "2026-04", "2026-Q2") == [5, "none"]
    assert series(company, "stock", "west", "2026-Q2") == [7]
    assert company.board("sales", "p2", "2026-04").org_path == "/group/east/p2"
    assert company.board("sales", "p2", "2026-Q2").org_path == "/group/west/p2"


def test_averages_and_extremes_of_a_unit_that_moves(company: Company) -> None:
    company.count(*[fact for metric in ("price", "lowest", "highest", "staff")
                    for fact in (*months(metric, "p2", 10, 20, 60, first=4), Fact(metric, "p3", "2026-06", 90))])  # fmt: skip
    assert series(company, "price", "p2", "2026-Q2") == [30]
    assert series(company, "price", "group", "2026-Q2") == [60], "two units, whatever p2's places"
    assert series(company, "price", "east", "2026-Q2") == [10], "its average while it was there"
    assert series(company, "price", "west", "2026-Q2") == [65]  # (40 + 90) / 2
    assert series(company, "lowest", "p2", "2026-Q2") == [10]
    assert series(company, "highest", "group", "2026-Q2") == [90]
    assert series(company, "staff", "group", "2026-Q2") == [120]
    east, west = series(company, "staff", "east", "2026-Q2") + series(company, "staff", "west", "2026-Q2")
    assert round(east + west, 9) == 120, "a unit's months are shared out among its parents"  # type: ignore[operator]


# Year-to-date values ------------------------------------------------------------------------------------------


def test_months_from_year_to_date_values(company: Company) -> None:
    company.count(*months("sales", "p1", 10, 25, None, 70, 100, 130, basis="Y"))
    assert series(company, "sales", "p1", "2026-01", "2026-02", "2026-03", "2026-04", "2026-05") == [
        10, 15, "none", None, 30,
    ]  # fmt: skip
    assert company.board("sales", "p1", "2026-04").reason == "no year-to-date value for the period before"
    assert series(company, "sales", "p1", "2026-04", "2026-05", column="ytd") == [70, 100]
    quarter = company.board("sales", "p1", "2026-Q1")
    assert (quarter.value, quarter.reason) == (None, "no year-to-date value for the period's last month")
    assert company.board("sales", "p1", "2026-Q2").value is None
    company.count(*months("sales", "p1", 45, first=3, basis="Y"))
    assert series(company, "sales", "p1", "2026-03", "2026-04", "2026-Q1", "2026-Q2") == [20, 25, 45, 85]
    assert company.board("sales", "p1", "2026-Q2").ytd == 130


def test_a_year_to_date_begins_anew_each_fiscal_year(company: Company) -> None:
    company.count(
        Fact("sales", "p1", "2025-12", 500, basis="Y"), Fact("sales", "p1", "2026-01", 7, basis="Y")
    )
    assert series(company, "sales", "group", "2026-01", "2025-12") == [7, None]


def test_a_corrected_year_to_date_changes_the_month_after_too(company: Company) -> None:
    company.count(*months("sales", "p1", 10, 25, 45, basis="Y"))
    company.count(*months("sales", "p1", 20, first=2, basis="Y"))
    assert series(company, "sales", "p1", *Q1) == [10, 10, 25, 45]
    assert [company.board("sales", "p1", month).restated for month in Q1] == [False, True, True, False]


def test_a_product_without_the_month_before_makes_the_total_partial(company: Company) -> None:
    company.count(Fact("sales", "p1", "2026-01", 10, A, basis="Y"), Fact("sales", "p1", "2026-02", 25, A, basis="Y"),
                  Fact("sales", "p1", "2026-02", 5, B, basis="Y"))  # fmt: skip
    row = company.board("sales", "group", "2026-02")
    assert row.completeness == 0 and row.reason == "partial: 0 of 1 units reported"
    company.count(Fact("sales", "p1", "2026-03", 40, A, basis="Y"))
    assert company.board("sales", "group", "2026-03").completeness == 0, "and one that has vanished since"


def test_flows_beside_year_to_date_values_are_both_counted(company: Company) -> None:
    company.count(*months("sales", "p1", 1, 1, 1), *months("sales", "p3", 10, 20, basis="Y"))
    row = company.board("sales", "group", "2026-Q1")
    assert (row.value, row.completeness) == (3, Decimal("0.5")), "p3's third month isn't there"
    assert row.reason == "partial: 3 of 6 unit-months reported"


# Quarterly figures --------------------------------------------------------------------------------------------


def test_quarterly_figures_are_no_months(company: Company) -> None:
    company.count(Fact("sales", "p1", "2026-Q1", 90), Fact("stock", "p1", "2026-Q1", 7))
    assert company.kpi("sales", "group", "2026-Q1") == 90
    assert company.kpi("stock", "group", "2026-Q1") == 7
    assert company.board("sales", "group", "2026-Q1").completeness == 1
    assert company.query("SELECT * FROM bi.kpi_month") == []
    company.count(Fact("sales", "p1", "2026-Q2", 10))
    assert company.board("sales", "group", "2026-Q2").ytd == 100


# Completeness, targets, restatement ---------------------------------------------------------------------------


def test_completeness_by_what_has_been_reported_so_far(company: Company) -> None:
    company.count(*months("sales", "p1", 1, 1, 1), *months("sales", "p3", None, 1))
    rows = [company.board("sales", "group", period) for period in Q1]
    assert [row.completeness for row in rows] == [1, 1, Decimal("0.5"), Decimal("0.8")]
    assert [row.reason for row in rows] == [
        None, None, "partial: 1 of 2 units reported", "partial: 4 of 5 unit-months reported",
    ]  # fmt: skip
    assert company.board("sales", "east", "2026-03").completeness == 1


def test_completeness_by_who_is_expected(
    warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    from tests.company import FILES

    book = FILES["sources/book.yaml"] + "expects: {org: {level: plant}}\n"
    company = Company(read_company(tmp_path, sources__book=book))
    company.count(Fact("sales", "p1", "2026-01", 1), Fact("sales", "p2", "2026-01", 1))
    row = company.board("sales", "group", "2026-01")
    assert (row.completeness, row.reason) == (Decimal("0.666666666667"), "partial: 2 of 3 units reported")
    assert company.board("sales", "east", "2026-01").completeness == 1
    assert company.board("sales", "group", "2026-Q1").completeness == Decimal("0.222222222222")
    company.count(Fact("cost", "p1", "2026-01", 1))
    assert company.board("profit", "group", "2026-01").completeness == Decimal("0.333333333333")


def test_targets_attainment_and_status(company: Company) -> None:
    values = {"p1": 100, "p2": 91, "p3": 89}
    for metric, source, target in (("sales", "book", 100), ("cost", "other", 90)):
        company.deliver(
            *[Fact(metric, org, "2026-01", value) for org, value in values.items()],
            *[Fact(metric, org, "2026-01", target, scenario="target") for org in values],
            source=source,
        )
    company.roll_up()
    assert [company.board("sales", org, "2026-01").status for org in values] == ["green", "amber", "red"]
    assert [company.board("cost", org, "2026-01").status for org in values] == ["red", "amber", "green"]
    group = company.board("sales", "group", "2026-01")
    assert (group.value, group.target, group.attainment) == (280, 300, Decimal("0.933333333333"))
    assert company.board("profit", "group", "2026-01").target == 30, "targets of a formula follow its parts'"
    assert company.board("sales", "group", "2026-Q1").target == 300


def test_a_band_and_a_target_given_for_a_ratio(company: Company) -> None:
    company.count(*[Fact("price", "p1", f"2026-0{m}", v) for m, v in ((1, 10), (2, "9.5"), (3, "8.9"))],
                  Fact("sales", "p1", "2026-01", 10), Fact("cost", "p1", "2026-01", 5),
                  Fact("cost_rate", "group", "2026-01", 40, scenario="target"))  # fmt: skip
    assert [company.board("price", "p1", f"2026-0{m}").status for m in (1, 2, 3)] == ["green", "amber", "red"]
    row = company.board("cost_rate", "group", "2026-01")
    assert (row.value, row.target, row.attainment, row.status) == (50, 40, Decimal("1.25"), "red")
    assert company.board("cost_rate", "p1", "2026-01").status == "none"


def test_only_a_change_of_what_was_complete_is_a_restatement(company: Company) -> None:
    company.count(Fact("sales", "p1", "2026-01", 1))
    company.count(Fact("sales", "p3", "2026-01", 1))  # a first load in several files
    assert company.board("sales", "group", "2026-01").restated is False
    company.count(Fact("sales", "p1", "2026-01", 2))
    assert company.board("sales", "group", "2026-01").restated is True
    assert company.board("sales", "group", "2026-Q1").restated is False, "two months are still to come"
    assert company.board("sales", "p3", "2026-01").restated is False
    company.count(Fact("sales", "p3", "2026-01", 5))
    assert company.board("sales", "group", "2026-01").restated is True


def test_a_month_that_grows_day_by_day_is_not_restated(company: Company) -> None:
    for day in (1, 2, 3):
        company.count(Fact("sales", "p1", f"2026-01-0{day}", day))
    assert company.kpi("sales", "group", "2026-01") == 6
    assert not company.board("sales", "group", "2026-01").restated
    company.count(Fact("sales", "p1", "2026-01-02", 9))
    assert company.board("sales", "group", "2026-01").restated


def test_a_partial_value_that_changes_is_no_restatement(company: Company) -> None:
    company.count(*months("sales", "p1", 1, 1), *months("sales", "p3", 1))
    company.count(*months("sales", "p1", 5, first=2))
    assert company.board("sales", "group", "2026-02").restated is False


def test_what_vanishes_closes_its_rows(company: Company) -> None:
    company.count(Fact("sales", "p1", "2026-01", 1, A), Fact("cost", "p1", "2026-01", 1))
    company.count(Fact("sales", "p1", "2026-01", 1, B))
    assert company.board("sales", "group", "2026-01", A) is None
    assert company.board("cost", "group", "2026-01") is None
    assert company.board("cost", "group", "2026-Q1") is None
    assert company.kpi("sales", "group", "2026-Q1") == 1
    assert company.board("profit", "group", "2026-01").value is None


def test_a_rerun_writes_nothing(company: Company) -> None:
    company.count(
        *months("sales", "p1", 1, 2), *months("cost", "p1", 1, 2), *months("sales", "p2", 1, 2, first=4)
    )
    before = company.value("SELECT count(*) FROM ledger.kpi")
    assert stages.touch() > 0
    company.roll_up()
    assert company.value("SELECT count(*) FROM ledger.kpi") == before
    company.count(Fact("sales", "p1", "2026-01", 5))
    changed = company.query(
        "SELECT DISTINCT o.unit FROM ledger.kpi JOIN ledger.org AS o USING (org_id) WHERE superseded_at < 'infinity'"
    )
    assert sorted(unit for (unit,) in changed) == ["east", "group", "p1"]
    assert company.value("SELECT count(*) FROM ledger.touched_month") == 0


def test_the_board_before_a_correction_can_be_read_again(company: Company) -> None:
    company.count(
        *months("sales", "p1", 1, 2, 3), *months("cost", "p1", 1, 1, 1), Fact("sales", "p1", "2025-01", 5)
    )
    boards = ("bi.kpi_month", "bi.kpi_quarter")
    before = [company.query(f"SELECT * FROM {board} ORDER BY 1, 3, 5, 9") for board in boards]
    moment = company.value("SELECT clock_timestamp()")
    company.count(Fact("sales", "p1", "2026-02", 20), Fact("cost", "p3", "2026-02", 20))
    company.withdraw(company.value("SELECT submission FROM bi.submission WHERE period = '2025-01'"))
    company.roll_up()
    assert [company.query(f"SELECT * FROM {board} ORDER BY 1, 3, 5, 9") for board in boards] != before
    for board, rows in zip(boards, before, strict=True):
        assert company.query(f"SELECT * FROM {board}_as_of(:m) ORDER BY 1, 3, 5, 9", m=moment) == rows
    early = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    assert company.query("SELECT * FROM bi.kpi_month_as_of(:m)", m=early) == []


def test_previous_year_ago_and_growth(company: Company) -> None:
    company.count(Fact("sales", "p1", "2025-12", 8), Fact("sales", "p1", "2025-01", 4), Fact("sales", "p1", "2026-01", 10),
                  Fact("sales", "p1", "2026-02", -5))  # fmt: skip
    row = company.board("sales", "group", "2026-01")
    assert (row.previous, row.year_ago, row.change, row.yoy) == (8, 4, Decimal("0.25"), Decimal("1.5"))
    row = company.board("sales", "group", "2026-Q1")
    assert (row.previous, row.year_ago, row.yoy) == (8, 4, Decimal("0.25"))
    row = company.board("sales", "group", "2026-02")
    assert (row.previous, row.year_ago, row.change, row.yoy) == (10, None, Decimal("-1.5"), None)
    company.count(Fact("sales", "p1", "2026-03", 1))
    assert company.board("sales", "group", "2026-03").change is None, "no growth on a negative value"


# Another calendar, other definitions, another tree ------------------------------------------------------------


@pytest.fixture
def april(warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    return Company(read_company(tmp_path, calendar="{fiscal_year_starts: 4, timezone: UTC}\n"))


def test_a_fiscal_year_from_april(april: Company) -> None:
    april.count(*months("sales", "p1", 1, 2, 4, 8), *months("cost", "p1", 5, 9, first=3, basis="Y"))
    assert series(april, "sales", "group", "2025-Q4", "2026-Q1", "2026-04") == [7, 8, 8]
    assert series(april, "sales", "group", "2026-03", "2026-04", column="ytd") == [7, 8]
    assert series(april, "cost", "group", "2026-03", "2026-04") == [None, 9], "the year begins in April"
    row = april.board("sales", "group", "2026-Q1")
    assert (row.year, row.quarter, row.period_start, row.previous) == (
        2026,
        "2026-Q1",
        dt.date(2026, 4, 1),
        7,
    )
    assert april.board("sales", "group", "2026-03").quarter == "2025-Q4"


def republish(company: Company, folder: Path, **changes: str) -> None:
    """Publish another configuration in the same warehouse, and recompute what it touches."""
    company.catalogue = read_company(folder, **changes)
    with warehouse.connect() as connection:
        assert publish_catalogue(connection, company.catalogue)
    company.roll_up()


def test_a_new_definition_holds_from_its_day_on(company: Company, tmp_path: Path) -> None:
    company.count(*months("price", "p1", 10, 20, 30, 40, first=3), *months("price", "p3", 30, 30, first=3))
    versions = METRICS.replace(
        "over_time: average, over_org: average}",
        "over_time: average, over_org: average,\n        versions: [{valid_from: 2026-04-01, over_org: max, definition: e}]}",
    )
    republish(company, tmp_path / "new", metrics__all=versions)
    assert series(company, "price", "group", "2026-03", "2026-04", "2026-Q1", "2026-Q2") == [20, 30, 20, 30]
    assert [company.board("price", "group", m).metric_version for m in ("2026-03", "2026-04")] == [1, 2]


def test_another_formula_recomputes_all(company: Company, tmp_path: Path) -> None:
    company.count(*months("sales", "p1", 10), *months("cost", "p1", 4))
    republish(company, tmp_path / "new", metrics__all=METRICS.replace("sales - cost", "sales + cost"))
    assert series(company, "profit", "group", "2026-01", "2026-Q1") == [14, 14]


def test_another_tree_recomputes_all_and_closes_what_holds_no_more(company: Company, tmp_path: Path) -> None:
    company.count(*months("sales", "p1", 10), *months("sales", "p3", 5))
    republish(
        company, tmp_path / "new", org=ORG.replace("{unit: p1, parent: east", "{unit: p1, parent: west")
    )
    assert series(company, "sales", "west", "2026-01", "2026-Q1") == [15, 15]
    assert series(company, "sales", "group", "2026-01", "2026-Q1") == [15, 15]
    assert series(company, "sales", "east", "2026-01", "2026-Q1") == ["none", "none"]
    assert company.board("profit", "east", "2026-01") is None


def test_another_fiscal_year_moves_the_quarters(company: Company, tmp_path: Path) -> None:
    company.count(*months("sales", "p1", 1, 2, 4, 8))
    republish(company, tmp_path / "new", calendar="{fiscal_year_starts: 2, timezone: UTC}\n")
    found = company.query(
        "SELECT period, period_start, value FROM bi.kpi_quarter WHERE org = 'group' AND metric = 'sales' ORDER BY 2"
    )
    assert found == [("2025-Q4", dt.date(2025, 11, 1), 1), ("2026-Q1", dt.date(2026, 2, 1), 14)]


def test_touched_keys_survive_a_crash_of_the_rollup(company: Company) -> None:
    company.deliver(Fact("sales", "p1", "2026-01", 1))
    from include import rollup

    with pytest.raises(KeyboardInterrupt), warehouse.connect(isolation="REPEATABLE READ") as connection:
        rollup.roll_up_months(connection, company.catalogue)
        assert connection.execute(text("SELECT count(*) FROM ledger.kpi")).scalar_one() > 0
        raise KeyboardInterrupt
    assert stages.pending_months() == ["2026-01"]
    company.roll_up()
    assert company.kpi("sales", "group", "2026-01") == 1


def test_facts_of_one_date_that_differ_by_key_are_one_value(company: Company) -> None:
    """Two shelves of one store: the last stock is both, an average level is the sum's over the days."""
    shelves = [
        Fact("stock", "p1", "2026-03-30", 5),
        Fact("stock", "p1", "2026-03-31", 7),
        Fact("stock", "p1", "2026-03-31", 8),
    ]
    staff = [
        Fact("staff", "p1", "2026-03-30", 10),
        Fact("staff", "p1", "2026-03-31", 12),
        Fact("staff", "p1", "2026-03-31", 8),
    ]
    company.count(*shelves, *staff)
    assert company.board("stock", "p1", "2026-03").value == 15
    assert company.board("staff", "p1", "2026-03").value == 15, "(10 + 20) / 2"


def test_a_past_board_is_shown_by_the_definitions_tree_and_calendar_of_then(
    company: Company, tmp_path: Path
) -> None:
    company.count(
        *months("price", "p1", 12, 22), *months("sales", "p1", 1, 2, 3), *months("cost", "p1", 1, 1, 1),
        *months("sales", "p2", 5, 6, first=4),
    )  # fmt: skip
    boards = ("bi.kpi_month", "bi.kpi_quarter")
    before = [company.query(f"SELECT * FROM {board} ORDER BY 1, 3, 5, 9") for board in boards]
    moment = company.value("SELECT clock_timestamp()")
    republish(
        company,
        tmp_path / "new",
        metrics__all=METRICS.replace("band: [10, 20]", "band: [1, 2]").replace("unit: 人", "unit: 户"),
        org=ORG.replace("{unit: p1, parent: east", "{unit: p1, parent: west"),
        calendar="{fiscal_year_starts: 4, fiscal_year_named_by: end, timezone: Asia/Shanghai, currency: CNY}\n",
    )
    changed = [company.query(f"SELECT * FROM {board} ORDER BY 1, 3, 5, 9") for board in boards]
    assert changed[0] != before[0] and changed[1] != before[1]
    for board, rows in zip(boards, before, strict=True):
        assert company.query(f"SELECT * FROM {board}_as_of(:m) ORDER BY 1, 3, 5, 9", m=moment) == rows
