"""Broken files between good ones: the good ones count, each broken one comes back with its own precise reason."""

import email
import email.policy
import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from include.home import Home
from tests.acceptance import deliveries
from tests.acceptance.conftest import Collected, Installation
from tests.acceptance.deliveries import (
    BAD_STORES,
    GOOD_BRANCHES,
    GOOD_STORES,
    costs_of,
    name_store,
    sales_of,
    write_bytes,
    write_costs,
    write_sales,
)

Expected = list[tuple[str, str, str, str]]
SALES, COSTS = "销售月报", "费用表"


def sales(**changes: Any) -> Callable[[Path, str], Path]:
    return lambda path, store: write_sales(path, store, changes)


def costs(**changes: Any) -> Callable[[Path, str], Path]:
    return lambda path, store: write_costs(path, store, changes)


WRONG_TEMPLATE = dict(zip(("A3", "B3", "C3", "D3", "E3", "F3", "G3", "H3"), "甲乙丙丁戊己庚辛", strict=True))

# What is broken: the file's ending, its writer, and what must be said: (code, sheet, cell, found) of each error.
BROKEN_SALES: dict[str, tuple[str, Callable[[Path, str], Path], Expected]] = {
    "empty": (".xlsx", write_bytes(b""), [("empty_file", "", "", "")]),
    "half": (".xlsx", deliveries.write_half, [("truncated_file", "", "", "")]),
    "picture": (".xlsx", write_bytes(deliveries.PICTURE), [("not_a_workbook", "", "", "")]),
    "encrypted": (".xlsx", deliveries.write_encrypted, [("encrypted", "", "", "")]),
    "web_page": (".xls", write_bytes(deliveries.WEB_PAGE), [("not_a_workbook", "", "", "")]),
    "bomb": (".xlsx", deliveries.write_bomb, [("limit_exceeded", "", "", "")]),
    "other_template": (
        ".xlsx",
        sales(**WRONG_TEMPLATE),
        [("header_missing", SALES, "", "门店销售月报")],
    ),
    "text_for_numbers": (
        ".xlsx",
        sales(E5="约120", F6="一千"),
        [("not_a_number", SALES, "E5", "约120"), ("not_a_number", SALES, "F6", "一千")],
    ),
    "unknown_unit": (".xlsx", sales(F3="销售额（金币）"), [("unknown_unit", SALES, "F3", "金币")]),
    "changed_unit": (".xlsx", sales(F3="销售额（万元）"), [("unit_changed", SALES, "F3", "万元")]),
    "unknown_org": (".xlsx", sales(A5="浦东旗舰店"), [("unknown_org", SALES, "A5", "浦东旗舰店")]),
    "duplicate_keys": (
        ".xlsx",
        sales(C6="DD000001"),
        [("duplicate_key", SALES, "C4", "DD000001"), ("duplicate_key", SALES, "C6", "DD000001")],
    ),
    "broken_reference": (".xlsx", sales(F5="#REF!"), [("error_cell", SALES, "F5", "#REF!")]),
    "missing_value": (".xlsx", sales(F5=None), [("required_blank", SALES, "F5", "")]),
    "no_such_date": (".xlsx", sales(B5="2026-02-30"), [("not_a_date", SALES, "B5", "2026-02-30")]),
    "below_minimum": (".xlsx", sales(E5=-3), [("below_min", SALES, "E5", "-3")]),
    "not_in_list": (".xlsx", sales(D5="电话"), [("not_allowed", SALES, "D5", "电话")]),
    "other_pattern": (".xlsx", sales(C5="X-17"), [("pattern_mismatch", SALES, "C5", "X-17")]),
    "broken_rule": (".xlsx", sales(H4=5), [("rule_broken", SALES, "H4", "5")]),
    "unexpected_org": (
        ".xlsx",
        sales(A4="总仓", A5="总仓", A6="总仓"),
        [("org_not_expected", SALES, cell, "总仓") for cell in ("A4", "A5", "A6")],
    ),
}
BROKEN_COSTS: dict[str, tuple[str, Callable[[Path, str], Path], Expected]] = {
    "wrong_total": (".xlsx", costs(B7=99), [("control_total_mismatch", COSTS, "B7", "99")]),
    "unsaved_formula": (".xlsx", costs(B5="=B4*2"), [("formula_without_value", COSTS, "B5", "")]),
    "other_unit": (".xlsx", costs(C1="单位：千元"), [("unit_changed", COSTS, "C1", "千元")]),
    "row_gone": (".xlsx", costs(A4="工资"), [("row_missing", COSTS, "A4", "工资")]),
}


# What must be said of each beside that: part of what was expected, and part of what to do.
WORDS = {
    "empty": ("a workbook with content", "export it again"),
    "half": ("a whole file", "copy or export it again"),
    "picture": ("a workbook (.xlsx, .xls", "drop the workbook itself"),
    "encrypted": ("without password", "remove the password"),
    "web_page": ("a workbook (.xlsx, .xls", "save it there as .xlsx"),
    "bomb": ("compression ratio of at most 200", "save it as a new .xlsx"),
    "other_template": ("门店、日期、单号、渠道、销售额、成本", "fill in this source's template"),
    "text_for_numbers": ("a number", "type the number alone"),
    "unknown_unit": ("元; nearest known units: ", "put 元 back"),
    "changed_unit": ("元", "report in 元"),
    "unknown_org": ("a unit of the org tree", "correct the name"),
    "duplicate_keys": ("each combination of 单号 once", "delete one of them"),
    "broken_reference": ("a value", "mend the formula"),
    "missing_value": ("a value of '销售额'", "fill it in"),
    "no_such_date": ("a date such as 2026-03-05", "correct the date"),
    "below_minimum": ("at least 0", "check the figure and its unit"),
    "not_in_list": ("one of: 门店, 网店", "choose an allowed value"),
    "other_pattern": ("DD[0-9]{6}", "write it as agreed"),
    "broken_rule": (
        "left side is 300.05, its right side 5 (tolerance 0.005)",
        "check the figures of that row",
    ),
    "unexpected_org": ("a unit that owes this source", "remove that unit's rows"),
    "wrong_total": ("21.4444 (tolerance 0.01)", "check the rows and the total's formula"),
    "unsaved_formula": ("a calculated value", "recalculate and save it"),
    "other_unit": ("万元", "report in 万元"),
    "row_gone": ("the row '人工费'; the nearest is '工资'", 'aliases: ["工资"]'),
}


class Delivered:
    """A folder of good and broken files as dropped, by file name, with what the stages made of them."""

    def __init__(self, installation: Installation, drop: Path) -> None:
        self.installation, self.home = installation, installation.home
        bad = iter(BAD_STORES)
        self.contents: dict[str, bytes] = {}
        self.expected: dict[str, Expected] = {}
        self.runs: dict[str, Collected] = {}
        for source, good, broken, write in (
            ("store_sales", GOOD_STORES, BROKEN_SALES, write_sales),
            ("store_costs", GOOD_BRANCHES, BROKEN_COSTS, write_costs),
        ):
            whole = [write(drop / f"{name_store(store)}.xlsx", store) for store in good]
            files = []
            for place, (what, (ending, spoil, expected)) in enumerate(broken.items()):
                files.append(spoil(drop / f"{what}{ending}", next(bad)))
                files += whole[place : place + 1]
                self.expected[files[-2 if whole[place:] else -1].name] = expected
            files += whole[len(broken) :]
            self.contents |= {file.name: file.read_bytes() for file in files}
            installation.drop(source, *files)
            self.runs[source] = installation.collect(source)

    def batches(self) -> dict[str, dict[str, Any]]:
        rows = self.installation.query("SELECT * FROM ledger.batch", inside=True)
        return {row["filename"]: row for row in rows}

    def read_refusal(self, name: str) -> list[dict[str, Any]]:
        """Return the list that lies beside a refused file."""
        (listed,) = self.home.rejected.glob(f"*/*_{name}.json")
        errors: list[dict[str, Any]] = json.loads(listed.read_text("utf-8"))
        return errors

    def mails(self) -> list[dict[str, str]]:
        mails = []
        for path in sorted(self.home.outbox.glob("*.eml")):
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            body = mail.get_body(("plain",))
            assert body is not None
            mails.append({"to": mail["To"], "subject": mail["Subject"], "text": body.get_content()})
        return mails


@pytest.fixture
def delivered(tmp_path: Path, install: Callable[[Path], Installation]) -> Delivered:
    (tmp_path / "drop").mkdir()
    return Delivered(install(deliveries.write_configuration(tmp_path / "config")), tmp_path / "drop")


@pytest.mark.timeout(300)
def test_broken_files_between_good_ones(delivered: Delivered) -> None:
    check_good_ones_count(delivered)
    check_each_reason(delivered)
    check_nothing_is_stuck_or_lost(delivered)
    check_nothing_of_the_refused_is_in_the_ledger(delivered)
    check_mails(delivered)


def check_good_ones_count(delivered: Delivered) -> None:
    rows = delivered.installation.query(
        "SELECT metric, org, value FROM bi.kpi_month"
        " WHERE period = '2026-03' AND dimensions = '{}' AND value IS NOT NULL"
    )
    assert {(row["metric"], row["org"]): row["value"] for row in rows} == dict(expected_kpis())
    accepted = {name for name, row in delivered.batches().items() if row["status"] == "accepted"}
    assert accepted == {f"{name_store(store)}.xlsx" for store in (*GOOD_STORES, *GOOD_BRANCHES)}
    assert len(accepted) == 20


def expected_kpis() -> Iterator[tuple[tuple[str, str], Decimal]]:
    """Yield ((metric, org), value) of March 2026 for the good stores and the group."""
    totals: dict[str, Decimal] = {}
    told: dict[tuple[str, str], Decimal] = {}
    for store in GOOD_STORES:
        for _, units, amount, cost in sales_of(store):
            profit = Decimal(amount) - Decimal(cost)
            figures = (units, Decimal(amount), Decimal(cost), profit)
            names = ("sold_units", "sales_amount", "sales_cost", "sales_profit")
            for metric, value in zip(names, figures, strict=True):
                told[metric, store] = told.get((metric, store), Decimal(0)) + value
    for store in GOOD_BRANCHES:
        for metric, (_, value) in zip(("labour_cost", "rent", "utilities"), costs_of(store), strict=True):
            told[metric, store] = Decimal(value) * 10_000
    for (metric, _), value in told.items():
        totals[metric] = totals.get(metric, Decimal(0)) + value
    yield from told.items()
    yield from (((metric, "group"), value) for metric, value in totals.items())


def check_each_reason(delivered: Delivered) -> None:
    for name, expected in delivered.expected.items():
        errors = [finding for finding in delivered.read_refusal(name) if finding["level"] == "error"]
        if [(e["code"], e["sheet"], e["cell"], e["found"]) for e in errors] != expected:
            print(name, [(e["code"], e["sheet"], e["cell"], e["found"]) for e in errors], expected)
        wanted, remedy = WORDS[name.partition(".")[0]]
        for error in errors:
            assert wanted in error["expected"]["en"], name
            assert remedy in error["remedy"]["en"], name
            for part in ("title", "expected", "remedy"):
                assert re.search("[\u4e00-\u9fff]", error[part]["zh"]), (name, part)
                assert error[part]["en"], (name, part)
    rows = delivered.installation.query(
        "SELECT file, code, sheet, cell, found FROM bi.check_result WHERE level = 'error' ORDER BY check_result"
    )
    told: dict[str, Expected] = {}
    for row in rows:
        told.setdefault(row["file"], []).append((row["code"], row["sheet"], row["cell"], row["found"]))
    assert told == delivered.expected


def check_nothing_is_stuck_or_lost(delivered: Delivered) -> None:
    home: Home = delivered.home
    batches = delivered.batches()
    assert batches.keys() == delivered.contents.keys()
    assert {row["status"] for row in batches.values()} == {"accepted", "refused"}
    assert all(row["finished_at"] for row in batches.values())
    assert not [path for path in home.inbox.rglob("*") if path.is_file()]
    assert not list(home.stage.iterdir())
    archived = {path.read_bytes() for path in home.archive.rglob("*") if path.is_file()}
    assert archived == set(delivered.contents.values())
    for name in delivered.expected:
        (returned,) = home.rejected.glob(f"*/*_{name}")
        assert returned.read_bytes() == delivered.contents[name]
    returned_files = [path for path in home.rejected.glob("*/*") if path.is_file()]
    assert len(returned_files) == 2 * len(delivered.expected)


def check_nothing_of_the_refused_is_in_the_ledger(delivered: Delivered) -> None:
    files = list(delivered.expected)
    count = "SELECT count(*) AS n FROM {} WHERE file = ANY(%(files)s)"
    for view in ("bi.submission", "bi.fact"):
        assert delivered.installation.query(count.format(view), files=files) == [{"n": 0}]
    orgs = delivered.installation.query("SELECT DISTINCT org FROM bi.fact")
    assert {row["org"] for row in orgs} == {*GOOD_STORES, *GOOD_BRANCHES}


def check_mails(delivered: Delivered) -> None:
    mails = delivered.mails()
    assert sorted(mail["to"] for mail in mails) == ["clerk@example.com"] * 2 + ["controller@example.com"] * 2
    for source, broken in (("store_sales", BROKEN_SALES), ("store_costs", BROKEN_COSTS)):
        (clerk,) = [m for m in mails if m["to"].startswith("clerk") and f"collect__{source}" in m["text"]]
        for what, (ending, _, _) in broken.items():
            assert f"{what}{ending}" in clerk["text"]
        assert f"{len(broken)} 个文件被退回" in clerk["subject"]
        assert len(delivered.runs[source].told) == len(broken)
