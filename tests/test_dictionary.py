"""The metric dictionary, read back from the workbook as a person or a spreadsheet program finds it."""

import datetime as dt
from pathlib import Path
from typing import Any, get_args

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from include.catalogue import Catalogue, load_catalogue, models
from include.catalogue.expressions import parse_formula
from include.dictionary import words, write_dictionary
from include.dictionary.formulas import _PHRASES, _Writer
from include.home import PROJECT

TODAY = dt.date(2026, 11, 24)
HEADER = 3
SHEETS = {
    "metrics": "指标 Metrics",
    "parts": "构成 Parts",
    "versions": "版本 Versions",
    "org": "组织 Org units",
    "sources": "来源 Sources",
    "columns": "填报列 Columns",
    "guide": "单位与口径 How to read",
}
_BASE = "owner: controller, tier: restricted, better: up, over_time: sum, over_org: sum"


@pytest.fixture(scope="module")
def example() -> Catalogue:
    return load_catalogue(PROJECT / "examples" / "company" / "config")


@pytest.fixture(scope="module")
def book(example: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return write(example, tmp_path_factory.mktemp("dictionary"))


def write(catalogue: Catalogue, folder: Path) -> Any:
    write_dictionary(catalogue, folder / "dictionary.xlsx", TODAY)
    return openpyxl.load_workbook(folder / "dictionary.xlsx")


def read_rows(book: Any, sheet: str) -> list[dict[str, Any]]:
    """Return the rows of a sheet by their English headings."""
    head, *rows = book[SHEETS[sheet]].iter_rows(min_row=HEADER, values_only=True)
    names = [text.split("\n")[-1] for text in head]
    return [dict(zip(names, map(_plain, row), strict=True)) for row in rows]


def _plain(value: Any) -> Any:
    return value.date().isoformat() if isinstance(value, dt.datetime) else value


def read_metrics(book: Any) -> dict[str, dict[str, Any]]:
    return {row["Id"]: row for row in read_rows(book, "metrics")}


# What it says -------------------------------------------------------------------------------------------------


def test_every_metric_stands_there_in_both_languages(book: Any, example: Catalogue) -> None:
    told = read_metrics(book)
    assert list(told) == list(example.metrics)
    for metric, row in told.items():
        definition = example.metric_at(metric, TODAY)
        assert (row["Name (Chinese)"], row["Name (English)"]) == (definition.name.zh, definition.name.en)
        assert row["Definition (Chinese)"] == definition.definition.zh
        assert row["Definition (English)"] == definition.definition.en
        assert (row["Unit"], row["Version"]) == (definition.unit, definition.version)
        assert example.people[definition.owner].email == row["Owner's mail"]


def test_a_reported_metric_tells_who_reports_it_and_how(book: Any) -> None:
    row = read_metrics(book)["capital_expenditure"]
    assert row["Over time"] == "各期相加\nadded up"
    assert row["Over org"] == "各单位相加\nadded up"
    assert row["Owner"] == "财务总监\nFinance controller"
    assert (row["Tier"], row["Status"]) == ("机密\nconfidential", "在用\nactive")
    assert row["Reported by"] == "finance"
    assert row["Reported in"] == "财务月结 Monthly close：投资额累计，万元，本年累计数 year to date"
    targets = read_metrics(book)["product_revenue"]["Reported in"].split("\n")
    assert targets[1].endswith("产品收入目标，万元，当期数 of the period，目标 target")
    stock = read_metrics(book)["inventory_weight"]
    assert "期末数 at the end" in stock["Reported in"] and stock["Dimensions"] == "material：原材料、产成品"
    assert read_metrics(book)["availability"]["Direction"].startswith("88 至 98 为好")


def test_derived_metrics_are_told_by_the_names_of_their_parts(book: Any) -> None:
    told = read_metrics(book)
    rate = told["gross_margin_rate"]
    assert (rate["Formula (Chinese)"], rate["Formula (English)"]) == (
        "毛利 ÷ 营业收入",
        "Gross profit ÷ Revenue",
    )
    assert (rate["Numerator"], rate["Denominator"]) == ("毛利 Gross profit", "营业收入 Revenue")
    assert rate["Over time"] == "分子合计除以分母合计\nsum over sum"
    assert told["revenue"]["Formula (Chinese)"] == "产品销售收入 + 服务收入（无值按 0）"
    assert told["revenue"]["Formula (English)"] == "Product revenue + Service revenue (0 if missing)"
    assert "毛利率 Gross margin" in told["revenue"]["Used in"]
    parts = [(row["Metric"], row["As"], row["Part"]) for row in read_rows(book, "parts")]
    assert ("毛利率 Gross margin", "分母\ndenominator", "营业收入 Revenue") in parts
    assert sum(metric == "存货增减 Change of stock" for metric, _, _ in parts) == 2


def test_links_lead_from_a_part_to_its_metric_and_back(book: Any) -> None:
    metrics = book[SHEETS["metrics"]]
    places = {row[2].value: row for row in metrics.iter_rows(min_row=HEADER + 1)}
    head = [cell.value.split("\n")[-1] for cell in metrics[HEADER]]
    ratio = dict(zip(head, places["gross_margin_rate"], strict=True))
    assert ratio["Numerator"].hyperlink.location == f"'{SHEETS['metrics']}'!A{places['gross_profit'][0].row}"
    assert follow(book, ratio["Kind"]) == "毛利率 Gross margin"
    assert follow(book, ratio["Version"]) == "毛利率 Gross margin"
    part = book[SHEETS["parts"]].cell(HEADER + 1, 4)
    assert follow(book, part) == part.value.split(" ")[0]
    assert ratio["Owner's mail"].hyperlink.target == "mailto:finance-controller@example.com"


def follow(book: Any, cell: Any) -> Any:
    sheet, _, place = cell.hyperlink.location.rpartition("!")
    return book[sheet.strip("'")][place].value


def test_versions_say_what_changed_and_since_when(book: Any) -> None:
    first, second = (row for row in read_rows(book, "versions") if row["Id"] == "downtime")
    assert (first["Version"], first["Valid from"], first["Until (included)"], first["Stands"]) == (
        1, "2024-01-01", "2025-12-31", "已替代\nsuperseded",
    )  # fmt: skip
    assert first["What changed (English)"] == "first definition"
    assert (second["Valid from"], second["Until (included)"]) == ("2026-01-01", None)
    assert second["What changed (Chinese)"].startswith("定义：计划开动时间内的停机 → ")
    assert second["What changed (English)"].startswith("definition: ")


def test_a_later_version_is_announced_and_not_in_force(tmp_path: Path) -> None:
    metrics = f"""\
a: {{name: {{zh: 甲, en: A}}, definition: d, unit: CNY, {_BASE}}}
b: {{name: {{zh: 乙, en: B}}, definition: d, unit: CNY, {_BASE}}}
c:
  name: {{zh: 丙, en: C}}
  definition: d
  unit: CNY
  owner: controller
  tier: public
  better: up
  formula: a + b
  versions:
    - {{valid_from: 2027-01-01, formula: a - (b - a) / 2, tier: internal}}
"""
    catalogue = read_small(tmp_path, metrics)
    book = write(catalogue, tmp_path)
    assert read_metrics(book)["c"]["Formula (English)"] == "A + B"
    _, later = (row for row in read_rows(book, "versions") if row["Id"] == "c")
    assert later["Stands"] == "尚未生效\nnot yet in force"
    assert later["What changed (Chinese)"] == "公式：甲 + 乙 → 甲 − （乙 − 甲） ÷ 2\n密级：公开 → 内部"
    assert later["What changed (English)"] == "formula: A + B → A − (B − A) ÷ 2\ntier: public → internal"


def read_small(folder: Path, metrics: str, **changes: str) -> Catalogue:
    """Return a configuration of these metrics and one source, which reports the metric `a`."""
    source = """\
source: book
kind: workbook
owner: clerk
columns:
  u: {is: org, required: true}
  m: {type: month, is: period, required: true}
  "=a": {type: decimal, metric: a}
"""
    files = {
        "metrics/all": metrics,
        "sources/book": source,
        "people": "controller: {email: controller@example.com}\nclerk: {email: clerk@example.com}\n",
        "calendar": "{timezone: Asia/Shanghai}\n",
        "org": "- {unit: group}\n",
    }
    for name, text in (files | changes).items():
        path = folder / "config" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return load_catalogue(folder / "config")


def test_the_tree_is_indented_and_a_unit_that_moved_stands_below_each_parent(
    book: Any, example: Catalogue
) -> None:
    rows = {row[2].value: row for row in book[SHEETS["org"]].iter_rows(min_row=HEADER + 1)}
    depth = {unit: row[0].alignment.indent for unit, row in rows.items()}
    assert depth["group"] < depth["east"] < depth["plant_suzhou"]
    told = [row for row in read_rows(book, "org") if row["Id"] == "plant_ningbo"]
    assert [(row["Belongs to"], row["From"], row["Until (included)"]) for row in told] == [
        ("华东制造公司 East Manufacturing", None, "2025-12-31"),
        ("华南制造公司 South Manufacturing", "2026-01-01", None),
    ]
    assert len(rows) == len(example.org.units)


def test_sources_say_what_is_due_when_and_in_which_columns(book: Any, example: Catalogue) -> None:
    told = {row["Id"]: row for row in read_rows(book, "sources")}
    assert set(told) == set(example.sources)
    assert told["finance_close"]["Due"] == (
        "期末后第 5 个工作日 18:00 前\nby 18:00 on working day 5 after the period's end"
    )
    assert told["finance_close"]["Who owes it"] == "company 级全部单位（3）\nall units of level company (3)"
    assert told["sales_orders"]["Kind"] == "数据库查询\ndatabase query"
    columns = read_rows(book, "columns")
    assert len(columns) == sum(row["Columns"] for row in told.values())
    output = next(row for row in columns if row["Column or row"] == "planned_output")
    assert (output["Metric"], output["Unit"], output["Scenario"]) == (
        "合格产量 Good output",
        "t",
        "目标\ntarget",
    )


def test_the_guide_explains_the_words_in_use_and_the_units(book: Any) -> None:
    told = {row["Word (English)"]: row for row in read_rows(book, "guide")}
    assert {"ratio", "year to date", "Completeness", "Restatement", "value at the end"} <= set(told)
    assert "smallest" not in told, "no metric of the example takes the least value"
    assert all(row["Word (Chinese)"] for row in told.values())
    assert told["万元"]["What it means (English)"] == "1 万元 = 10,000 CNY"
    assert told["MWh"]["What it means (Chinese)"] == "1 MWh = 1,000 kWh"


def read_terms(book: Any) -> dict[str, dict[str, Any]]:
    return {row["Word (English)"]: row for row in read_rows(book, "guide")}


RICH = f"""\
a: {{name: A, definition: d, unit: CNY, {_BASE}, consolidation: proportionate}}
price:
  name: Price
  definition: d
  unit: CNY/t
  owner: controller
  tier: public
  better: up
  over_time: weighted_average
  over_org: weighted_average
  versions: [{{valid_from: 2026-07-01, definition: e}}]
customers: {{name: Customers, definition: d, unit: 户, owner: controller, tier: public, better: up, over_time: distinct,
  over_org: distinct, dimensions: [partner]}}
cash: {{name: Cash, definition: d, unit: 万元, owner: controller, tier: public, better: up, over_time: last, over_org: sum,
  carry_forward: 5 days, grain: month}}
owed: {{name: Owed, definition: d, unit: CNY, {_BASE}, dimensions: [partner]}}
due: {{name: Due, definition: d, unit: CNY, {_BASE}, dimensions: [partner]}}
"""
RICH_SOURCE = """\
source: book
kind: workbook
owner: clerk
columns:
  u: {is: org, required: true}
  m: {type: month, is: period, required: true}
  money: {is: currency}
  a: {type: decimal, metric: a, unit: 万元}
  old price: {type: decimal, metric: price, version: 1, weight: tonnes}
  new price: {type: decimal, metric: price, version: 2}
  sold: {type: decimal, is: weight}
  tonnes: {type: decimal}
  cash: {type: decimal, metric: cash, unit: 千美元, reported_as: stock}
  customer: {type: text, metric: customers}
"""
RATES = """\
source: rates
kind: workbook
columns:
  m: {type: month, is: period, required: true}
  money: {is: currency, required: true}
  average: {type: decimal, rate: average, per: 100}
  closing: {type: decimal, rate: closing}
"""


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("rich")
    org = "- {unit: group}\n- {unit: p1, parent: group, name: Plant 1, ownership: 80 %}\n"
    org += "- {unit: p2, parent: group, name: Plant 2, to: 2026-03-01, into: p1}\n"
    pairs = "- {pair: [owed, due], counterparty: partner}\n"
    files = {"sources/book": RICH_SOURCE, "sources/rates": RATES, "org": org, "eliminations": pairs}
    return write(read_small(folder, RICH, **files), folder)


def test_how_a_metric_aggregates_is_said_with_all_that_bears_on_it(rich: Any) -> None:
    told = {
        name: (row["Over time"], row["Over org"], row["Finest period"])
        for name, row in read_metrics(rich).items()
    }
    assert told["a"] == ("各期相加\nadded up", "各单位相加，按持股比例\nadded up, by ownership", "日\nday")
    assert told["price"][:2] == ("加权平均\nweighted average",) * 2
    assert told["customers"][:2] == ("去重计数\neach counted once",) * 2
    assert told["cash"] == (
        "取期末值，可沿用 5 天内的旧值\nvalue at the end, up to 5 days old", "各单位相加\nadded up", "月\nmonth",
    )  # fmt: skip


def test_currency_rates_stand_among_the_metrics_with_who_reports_them(rich: Any) -> None:
    told = read_metrics(rich)
    average, closing = told["exchange_rate_average"], told["exchange_rate_closing"]
    assert (average["Name (Chinese)"], average["Unit"], average["Owner"]) == ("平均汇率", "CNY", None)
    assert average["Reported in"] == "rates：average，CNY，当期数 of the period"
    assert closing["Reported in"].endswith("期末数 at the end")


def test_measures_say_their_weight_version_and_currency(rich: Any) -> None:
    assert read_metrics(rich)["price"]["Reported in"].split("\n") == [
        "book：old price，CNY/t，当期数 of the period，权重 weight：tonnes，定义版本 definition version 1",
        "book：new price，CNY/t，当期数 of the period，权重 weight：sold，定义版本 definition version 2",
    ]
    columns = {row["Column or row"]: row for row in read_rows(rich, "columns")}
    old, new = columns["old price"], columns["new price"]
    assert [(row["Weight"], row["For version"]) for row in (old, new)] == [("tonnes", 1), ("sold", 2)]
    assert (columns["sold"]["What it is"], columns["sold"]["Metric"]) == ("权重 weight\n数值 number", None)
    assert columns["a"]["Unit"] == "万元\n币种见 currency in money"
    assert columns["customer"]["Unit"] == "户"
    assert (
        columns["average"]["What it is"] == "平均汇率 average rate\n每 100 单位外币 for 100 of the currency"
    )
    assert columns["closing"]["Metric"] == "期末汇率 Closing exchange rate"


def test_a_merged_unit_says_into_which(rich: Any) -> None:
    told = {row["Id"]: (row["Ownership"], row["Merged into"]) for row in read_rows(rich, "org")}
    assert told == {"group": ("100%", None), "p1": ("80%", None), "p2": ("100%", "Plant 1")}


def test_the_guide_explains_what_this_company_uses_and_no_more(rich: Any, book: Any) -> None:
    used = {"weighted average", "each counted once", "in full", "by ownership", "average rate", "closing rate",
            "Carried forward", "Both definitions", "Elimination", "Translation difference"}  # fmt: skip
    told, plain = read_terms(rich), read_terms(book)
    assert used <= set(told) and used & set(plain) == {"Both definitions"}
    assert {"As it was, as it is", "Like for like", "Twelve months"} <= set(told) & set(plain)
    assert (
        told["千美元"]["What it means (English)"]
        == "1 千美元 = 0.1 万 USD, then converted to 万元 at the rate"
    )
    assert told["千美元"]["What it means (Chinese)"] == "1 千美元 = 0.1 万 USD，再按汇率折算成 万元"


def test_a_calendar_of_weeks_is_explained_in_weeks(tmp_path: Path) -> None:
    metrics = "".join(
        f"{name}: {{name: n, definition: d, unit: 人, owner: controller, tier: public, better: up, "
        f"over_time: {name}, over_org: {name}, grain: month}}\n"
        for name in ("sum", "average", "weighted_average", "distinct", "none")
    )
    metrics += f"a: {{name: n, definition: d, unit: CNY, {_BASE}}}\n"
    metrics += "last: {name: n, definition: d, unit: t, owner: controller, tier: public, better: up, over_time: last, over_org: sum}\n"
    source = "source: book\nkind: workbook\nowner: clerk\ncolumns:\n  u: {is: org}\n  w: {type: week, is: period}\n"
    source += "  a: {type: decimal, metric: a}\n"
    calendar = "{periods: iso-week, timezone: Asia/Shanghai}\n"
    book = write(read_small(tmp_path, metrics, calendar=calendar, **{"sources/book": source}), tmp_path)
    said = [
        f"{row['What it means (Chinese)']} {row['What it means (English)']}"
        for row in read_rows(book, "guide")
    ]
    assert not [text for text in said if "月" in text or "month" in text]
    assert read_terms(book)["52 weeks"]["Word (Chinese)"] == "近五十二周"
    assert {row["Finest period"] for row in read_metrics(book).values()} == {"周\nweek", "日\nday"}
    (told,) = read_rows(book, "sources")
    assert told["Period"] == "按周\nby week"


# How it looks -------------------------------------------------------------------------------------------------


def test_every_sheet_is_made_to_be_read_filtered_and_printed(book: Any) -> None:
    assert book.sheetnames == list(SHEETS.values())
    for sheet in book.worksheets:
        assert isinstance(sheet, Worksheet)
        assert sheet.freeze_panes and sheet.freeze_panes.endswith(str(HEADER + 1))
        assert sheet.page_setup.orientation == "landscape" and sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_title_rows == f"${HEADER}:${HEADER}"
        assert sheet.auto_filter.ref or sheet.title == SHEETS["guide"]
        assert all(cell.alignment.wrap_text for cell in sheet[HEADER + 1])
    head = [cell.value for cell in book[SHEETS["metrics"]][HEADER]]
    column = head.index("密级\nTier")
    tiers = [row[column] for row in book[SHEETS["metrics"]].iter_rows(min_row=HEADER + 1)]
    assert len({cell.value for cell in tiers}) == len({cell.fill.start_color.rgb for cell in tiers}) == 3


def test_a_hostile_text_stays_a_text(tmp_path: Path) -> None:
    hostile = ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://evil.example.com")', "x\\u0007y"]
    metrics = "\n".join(
        f'{"abcdef"[n]}: {{name: "{zh}", definition: "{zh}", unit: CNY, {_BASE}}}'
        for n, text in enumerate(hostile)
        for zh in [text.replace('"', '\\"')]
    )
    people = 'controller: {email: "=controller@example.com", name: "=cmd|calc"}\nclerk: {email: clerk@example.com}\n'
    org = '- {unit: "=group", name: "@group"}\n- {unit: p, parent: "=group", name: "-p", aliases: ["+p"]}\n'
    catalogue = read_small(tmp_path, metrics, people=people, org=org)
    book = write(catalogue, tmp_path)
    assert [row["Name (English)"] for row in read_rows(book, "metrics")] == [*hostile[:5], "x\ufffdy"]
    assert [row["Id"] for row in read_rows(book, "org")] == ["=group", "p"]
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    risky = [cell for cell in cells if str(cell.value).startswith(("=", "+", "-", "@"))]
    assert len(risky) > 20 and all(cell.quotePrefix for cell in risky)


# Words ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "model", "field"),
    [
        (words.OVER_TIME, models.MetricVersion, "over_time"),
        (words.OVER_ORG, models.MetricVersion, "over_org"),
        (words.CONSOLIDATIONS, models.MetricVersion, "consolidation"),
        (words.GRAINS, models.MetricVersion, "grain"),
        (words.TIERS, models.MetricVersion, "tier"),
        (words.STATUSES, models.MetricVersion, "status"),
        (words.REPORTED_AS, models.Measure, "reported_as"),
        (words.SCENARIOS, models.Measure, "scenario"),
        (words.RATES, models.Measure, "rate"),
        (words.TYPES, models.Column, "type"),
        (words.ROLES, models.Column, "is_"),
        (words.SLICES, models.SourceBase, "slice"),
        (words.AUTHORITIES, models.SourceBase, "authority"),
    ],
)
def test_every_value_of_the_configuration_has_its_words(
    table: dict[str, Any], model: Any, field: str
) -> None:
    allowed = set(list_values(model.model_fields[field].annotation))
    assert allowed and allowed <= set(table)
    assert all(text.zh and text.en for text in table.values())


def list_values(annotation: Any) -> list[str]:
    if isinstance(annotation, str):
        return [annotation]
    return [value for part in get_args(annotation) for value in list_values(part)]


@pytest.mark.parametrize(
    ("formula", "zh", "en"),
    [
        ("a - b - c", "a − b − c", "a − b − c"),
        ("a - (b + c)", "a − （b + c）", "a − (b + c)"),
        ("a / (b * c)", "a ÷ （b × c）", "a ÷ (b × c)"),
        ("-(a + b) * 2", "−（a + b） × 2", "−(a + b) × 2"),
        ("a - prior(a)", "a − a（上期）", "a − a (period before)"),
        ("ytd(a) / 12", "a（本年累计） ÷ 12", "a (year to date) ÷ 12"),
        ("coalesce(a + b, c, 0)", "（a + b）（无值按 c）（无值按 0）", "(a + b) (c if missing) (0 if missing)"),
        ("if(a > 0 and not b = 1, a, 0) + 1",
         "（若 a > 0 且 非 b = 1 则 a，否则 0） + 1", "(if a > 0 and not b = 1 then a, else 0) + 1"),
        ("`x-y` + a", "“x-y” + a", "“x-y” + a"),
    ],
)  # fmt: skip
def test_a_formula_is_written_as_it_is_meant(formula: str, zh: str, en: str) -> None:
    tree = parse_formula(formula)
    assert [_Writer(str, _PHRASES[language]).write(tree) for language in ("zh", "en")] == [zh, en]
