"""The configuration in the warehouse: published once for each state, and recomputed where it changed."""

import datetime as dt
import threading
import time
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.event import listen

from include import warehouse, workdays
from include.errors import ConfigurationError
from include.publish import publish_catalogue
from tests.catalogue.test_calendars import FOUR_FOUR_FIVE, WEEKS
from tests.company import METRICS, ORG, Company, Fact, read_company


def publish(catalogue: object) -> bool:
    with warehouse.connect() as connection:
        return publish_catalogue(connection, catalogue)  # type: ignore[arg-type]


def test_the_same_configuration_is_published_once(company: Company) -> None:
    assert publish(company.catalogue) is False
    company.deliver(Fact("sales", "p1", "2026-01", 1))
    company.roll_up()
    assert publish(company.catalogue) is False
    assert company.value("SELECT count(*) FROM ledger.touched_month") == 0


def test_another_configuration_touches_all_that_was_reported(company: Company, tmp_path: Path) -> None:
    company.count(
        Fact("sales", "p1", "2026-01", 1),
        Fact(
            "cost",
            "p1",
            "2026-02",
            1,
        ),
    )
    assert publish(read_company(tmp_path / "new", metrics__all=METRICS.replace("库存", "存货"))) is True
    touched = {row.start for row in company.query("SELECT month AS start FROM ledger.touched_month")}
    assert touched == {dt.date(2026, 1, 1), dt.date(2026, 2, 1)}
    assert company.value("SELECT name_zh FROM bi.metric WHERE metric = 'stock'") == "存货"


def test_back_to_an_earlier_configuration(company: Company, tmp_path: Path) -> None:
    first = company.catalogue
    assert publish(
        read_company(tmp_path / "new", org=ORG.replace("{unit: p1, parent: east", "{unit: p1, parent: west"))
    )
    assert publish(first) is True
    assert company.value("SELECT org_path FROM bi.org WHERE org = 'p1'") == "/group/east/p1"


def test_two_publications_at_once(company: Company, tmp_path: Path) -> None:
    other = read_company(
        tmp_path / "new", people="controller: {email: new@example.com}\nclerk: {email: c@example.com}\n"
    )
    told: list[bool] = []
    threads = [threading.Thread(target=lambda: told.append(publish(other))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(told) == [False, False, True]


def test_the_dated_tree_with_every_path(company: Company) -> None:
    rows = company.query(
        "SELECT org, parent, org_path, valid_from, valid_to FROM bi.org WHERE org = 'p2' ORDER BY 4 DESC"
    )
    move = dt.date(2026, 5, 1)
    assert rows == [
        ("p2", "east", "/group/east/p2", None, move),
        ("p2", "west", "/group/west/p2", move, None),
    ]


def test_the_dictionary_has_a_row_a_version(company: Company, tmp_path: Path) -> None:
    changed = METRICS.replace(
        "better: down, over_time: last, over_org: sum}",
        "better: down, over_time: last, over_org: sum, versions: [{valid_from: 2026-04-01, definition: e}]}",
    )
    publish(read_company(tmp_path / "new", metrics__all=changed))
    rows = company.query(
        "SELECT version, definition_en, valid_from, valid_to FROM bi.metric WHERE metric = 'stock' ORDER BY 1"
    )
    day = dt.date(2026, 4, 1)
    assert rows == [(1, "d", None, day), (2, "e", day, None)]
    assert company.value("SELECT formula FROM bi.metric WHERE metric = 'cost_rate'") == "cost / sales"


def test_the_calendar_links_periods(company: Company) -> None:
    rows = company.query(
        "SELECT period, stop, year, quarter, last_month, months, before_last_month, previous, year_ago FROM ledger.period "
        "WHERE period IN ('2026-01', '2026-Q2') ORDER BY 1"
    )
    day = dt.date
    assert rows == [
        (
            "2026-01",
            day(2026, 2, 1),
            2026,
            "2026-Q1",
            day(2026, 1, 1),
            1,
            None,
            day(2025, 12, 1),
            day(2025, 1, 1),
        ),
        (
            "2026-Q2",
            day(2026, 7, 1),
            2026,
            "2026-Q2",
            day(2026, 6, 1),
            3,
            day(2026, 3, 1),
            day(2026, 1, 1),
            day(2025, 4, 1),
        ),
    ]


CALENDAR_ROWS = (
    "SELECT (SELECT count(*) FROM ledger.period WHERE grain = 'M') AS months, "
    "(SELECT count(*) FROM ledger.period WHERE grain = 'Q') AS quarters, (SELECT count(*) FROM ledger.day) AS days"
)


@pytest.mark.parametrize(
    ("changes", "months", "quarters", "days"),
    [
        ({}, 71 * 12, 71 * 4, 25933),
        ({"calendar": "{fiscal_year_starts: 4}"}, 72 * 12, 72 * 4, 26298),
        (FOUR_FOUR_FIVE, 71 * 12, 71 * 4, 3705 * 7),
        (WEEKS, 3705, 71 * 4, 3705 * 7),
    ],
    ids=["month", "april", "4-4-5", "iso-week"],
)
def test_any_calendar_is_published_whole_and_quickly(
    company: Company, tmp_path: Path, changes: dict[str, str], months: int, quarters: int, days: int
) -> None:
    catalogue = read_company(tmp_path / "new", **{"people": company_people("new")} | changes)
    catalogue.periods.rows(1990, 1990)
    began = time.monotonic()
    assert publish(catalogue) is True
    assert time.monotonic() - began < 5, "a second at leisure"
    (row,) = company.query(CALENDAR_ROWS)
    assert (row.months, row.quarters) == (months, quarters)
    gaps = company.value(
        "SELECT count(*) FROM (SELECT stop, lead(start) OVER (PARTITION BY grain ORDER BY start) AS next "
        "FROM ledger.period) AS p WHERE stop <> next"
    )
    assert gaps == 0
    strays = company.value(
        "SELECT count(*) FROM ledger.day AS d WHERE NOT EXISTS (SELECT FROM ledger.period AS p "
        "WHERE p.grain = 'M' AND p.start = d.month AND d.date >= p.start AND d.date < p.stop "
        "AND p.quarter_start = d.quarter_start AND p.year = d.year)"
    )
    assert strays == 0
    assert company.value("SELECT max(date) - min(date) + 1 FROM ledger.day") == row.days
    assert row.days == days
    counts = company.value(
        "SELECT count(*) FROM ledger.period AS p WHERE working_days IS DISTINCT FROM (SELECT count(*) FROM ledger.day "
        "WHERE working AND date >= p.start AND date < p.stop)"
    )
    assert counts == 0


def company_people(mail: str) -> str:
    return f"controller: {{email: {mail}@example.com}}\nclerk: {{email: c@example.com}}\n"


def test_the_calendar_is_written_only_where_it_changed(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = "SELECT min(xmin::text) FROM ledger.day"
    first = company.value(version)
    publish(read_company(tmp_path / "people", people=company_people("new")))
    assert company.value(version) == first
    monkeypatch.setattr(workdays, "edition", lambda: "another")
    publish(read_company(tmp_path / "people", people=company_people("new")))
    assert company.value(version) != first
    assert company.value("SELECT count(*) FROM ledger.touched_month") == 0, "no figure depends on holidays"


def test_another_country_changes_the_working_days(company: Company, tmp_path: Path) -> None:
    statement = "SELECT working_days FROM ledger.period WHERE period = '2026-02'"
    assert company.value(statement) == 16, "20 weekdays, 6 off for Spring Festival, 2 Saturdays worked for it"
    publish(read_company(tmp_path / "us", calendar="holidays: US\n"))
    assert company.value(statement) == 19


def test_bi_calendar_has_the_keys_of_the_boards(company: Company, tmp_path: Path) -> None:
    statement = "SELECT * FROM bi.calendar WHERE date = '2026-02-14'"
    saturday = dt.date(2026, 2, 14)
    assert company.query(statement) == [(saturday, "2026-02", "2026-Q1", 2026, "2026-W07", True, None)]
    publish(read_company(tmp_path / "weeks", **WEEKS))
    assert company.query(statement) == [(saturday, "2026-W07", "2026-Q1", 2026, "2026-W07", True, None)]
    assert company.value("SELECT holiday FROM bi.calendar WHERE date = '2026-02-17'") == "春节"
    (last,) = company.query("SELECT period, quarter, year FROM bi.calendar WHERE date = '2027-01-03'")
    assert last == ("2026-W53", "2026-Q4", 2026)
    ago = company.value("SELECT year_ago FROM ledger.period WHERE period = '2026-W53'")
    assert ago is None


def test_periods_under_figures_can_not_be_moved(company: Company, tmp_path: Path) -> None:
    company.deliver(Fact("sales", "p1", "2026-01", 1))
    for changes in (WEEKS, FOUR_FOUR_FIVE):
        with pytest.raises(
            ConfigurationError, match="divides time otherwise than the figures in the warehouse"
        ):
            publish(read_company(tmp_path / "new", **changes))
    assert company.value("SELECT stop FROM ledger.period WHERE period = '2026-02'") == dt.date(2026, 3, 1)
    assert publish(read_company(tmp_path / "april", calendar="{fiscal_year_starts: 4}\n")) is True
    assert company.value("SELECT quarter FROM ledger.period WHERE period = '2026-02'") == "2025-Q4"
    assert company.value("SELECT count(DISTINCT month) FROM ledger.touched_month") == 1


def test_a_fiscal_year_of_weeks_may_be_named_anew_but_not_moved(company: Company, tmp_path: Path) -> None:
    org = ORG.replace("2026-05-01", "2026-05-04")
    fiscal = {"org": org, "calendar": "{periods: 4-4-5, fiscal_year_starts: 2}\n"}
    publish(catalogue := read_company(tmp_path / "february", **fiscal))
    february = Company(catalogue)
    february.deliver(Fact("sales", "p1", "2026-03", 1))
    assert publish(read_company(tmp_path / "end", **fiscal | {
        "calendar": "{periods: 4-4-5, fiscal_year_starts: 2, fiscal_year_named_by: end}\n"
    })) is True  # fmt: skip
    with pytest.raises(ConfigurationError, match="fiscal_year_starts: 3"):
        publish(
            read_company(
                tmp_path / "march",
                org=ORG.replace("2026-05-01", "2026-04-27"),
                calendar="{periods: 4-4-5, fiscal_year_starts: 3}\n",
            )
        )


def test_the_further_keys_reach_the_warehouse(company: Company, tmp_path: Path) -> None:
    metrics = METRICS.replace(
        "over_time: last, over_org: sum}", "over_time: last, over_org: sum, carry_forward: 5 days}"
    )
    metrics = metrics.replace("over_org: sum,\n       dimensions: [product]", "over_org: sum, grain: month,\n"
                              "  consolidation: proportionate, dimensions: [product, channel]")  # fmt: skip
    org = ORG + "- {unit: p4, parent: west, to: 2026-04-01, into: p3}\n"
    pair = "- {pair: [sales, cost], counterparty: channel, tolerance: 0.01}\n"
    publish(read_company(tmp_path / "new", metrics__all=metrics, org=org, eliminations=pair))
    rows = company.query(
        "SELECT metric, carry_forward, consolidation, grain FROM ledger.metric_version JOIN ledger.metric USING (metric_id) "
        "WHERE metric IN ('cost', 'stock', 'sales') ORDER BY 1"
    )
    assert rows == [
        ("cost", None, "proportionate", "month"),
        ("sales", None, "full", "day"),
        ("stock", 5, "full", "day"),
    ]
    found = company.query(
        "SELECT m.metric, p.metric, dimension, tolerance FROM ledger.elimination AS e JOIN ledger.metric AS m USING (metric_id) "
        "JOIN ledger.metric AS p ON p.metric_id = e.partner_metric_id ORDER BY 1"
    )
    assert found == [
        ("cost", "sales", "channel", Decimal("0.01")),
        ("sales", "cost", "channel", Decimal("0.01")),
    ]
    merged = "SELECT o.unit, i.unit FROM ledger.org_line AS l JOIN ledger.org AS o USING (org_id) JOIN ledger.org AS i ON i.org_id = l.into_id"
    assert company.query(merged) == [("p4", "p3")]
    assert publish(company.catalogue) is True
    assert company.value("SELECT count(*) FROM ledger.elimination") == 0


def test_rates_are_metrics_like_others(company: Company, tmp_path: Path) -> None:
    rates = "source: fx\nkind: workbook\ncolumns:\n  m: {type: month, is: period}\n  c: {is: currency}\n  r: {type: decimal, rate: closing}\n"
    publish(read_company(tmp_path / "new", sources__fx=rates))
    rows = company.query(
        "SELECT unit, owner, over_time, dimensions FROM bi.metric WHERE metric LIKE 'exchange%' ORDER BY metric"
    )
    assert rows == [("CNY", "", "average", ["currency"]), ("CNY", "", "last", ["currency"])]


def test_five_hundred_metrics_are_one_statement(company: Company, tmp_path: Path) -> None:
    line = METRICS.splitlines()[-1]
    many = METRICS + "".join(line.replace("run_rate:", f"m{number}:") + "\n" for number in range(500))
    statements: list[str] = []

    def note(*event: object) -> None:
        statements.append(str(event[2]))

    catalogue = read_company(tmp_path / "new", metrics__all=many)
    with warehouse.connect() as connection:
        listen(connection, "before_cursor_execute", note)
        assert publish_catalogue(connection, catalogue) is True
    assert company.value("SELECT count(*) FROM ledger.metric_version") == len(catalogue.metrics)
    assert len(statements) < 40
