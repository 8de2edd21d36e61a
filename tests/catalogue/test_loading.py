"""A right configuration compiles to what it says; a wrong one is told with file, line, words and remedy."""

import datetime as dt
import time
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from include.catalogue import check_catalogue, load_catalogue
from include.errors import ConfigurationError
from tests.catalogue import company
from tests.catalogue.company import write_company


def faults(folder: Path, **changes: str) -> list[str]:
    """Return the problems of the changed company as `file:line: text`, the folder's own path left out."""
    catalogue, problems = check_catalogue(write_company(folder, **changes))
    assert (catalogue is None) == bool(problems)
    return [str(problem).replace(f"{folder}/", "") for problem in problems]


def only(folder: Path, **changes: str) -> str:
    found = faults(folder, **changes)
    assert len(found) == 1, found
    return found[0]


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def test_the_documented_configuration_compiles(tmp_path: Path) -> None:
    catalogue = load_catalogue(write_company(tmp_path))
    assert set(catalogue.sources) == {"finance_close", "sales_orders", "mes_output", "fx_rates"}
    revenue = catalogue.latest("revenue")
    assert (revenue.version, revenue.valid_to, revenue.dimensions) == (1, None, ("product_line", "channel"))
    assert revenue.definition.en == "Net amount of shipped orders, without tax"
    assert revenue.name.read("zh") == "销售收入"
    assert catalogue.latest("gross_margin_rate").factor == 100
    assert catalogue.latest("net_profit").parts == {"gross_profit", "operating_cost"}
    assert catalogue.query_of("sales_orders").startswith("SELECT")
    assert catalogue.people["sales_ops"].language == "en"
    assert catalogue.org.ownership_at("plant_suzhou", dt.date(2026, 5, 1)) == Decimal("0.8")
    order = catalogue.derivation_order
    assert order.index("net_profit") > order.index("operating_cost")
    # A rule may name a row that reports no metric: it is read beside the others.
    assert catalogue.sources["finance_close"].rows["毛利"].metric is None


def test_fingerprint_follows_every_file(tmp_path: Path) -> None:
    write_company(tmp_path)
    first = load_catalogue(tmp_path).fingerprint
    assert load_catalogue(tmp_path).fingerprint == first
    (tmp_path / "sources/sales_orders.sql").write_text("SELECT 2")
    assert load_catalogue(tmp_path).fingerprint != first


def test_versions_inherit_and_close_each_other(tmp_path: Path) -> None:
    versions = "  versions:\n    - {valid_from: 2025-01-01, definition: 含税}\n    - {valid_from: 2026-07-01, formula: output * 2, unit: CNY}\n"
    metrics = company.METRICS.replace("  valid_from: 2024-01-01\n", "  valid_from: 2024-01-01\n" + versions)
    metrics = metrics.replace(
        "formula: output * 2, ", "formula: cost_of_sales * 2, dimensions: [product_line, channel], "
    )
    catalogue = load_catalogue(write_company(tmp_path, metrics__sales=metrics))
    one, two, three = catalogue.metrics["revenue"]
    assert (one.valid_to, two.valid_to, three.valid_to) == (dt.date(2025, 1, 1), dt.date(2026, 7, 1), None)
    assert (two.definition.zh, two.over_time, two.owner) == ("含税", "sum", "finance_controller")
    assert (three.kind, three.over_time, three.definition.zh) == ("formula", None, "含税")
    assert catalogue.metric_at("revenue", dt.date(2026, 6, 30)) is two
    assert catalogue.metric_at("revenue", dt.date(2026, 7, 1)) is three
    assert catalogue.metric_at("revenue", dt.date(1999, 1, 1)) is one


def test_all_problems_are_raised_at_once(tmp_path: Path) -> None:
    write_company(tmp_path, people="finance_controller: {email: a b}\n", calendar="holidays: XX\n")
    with pytest.raises(ConfigurationError) as error:
        load_catalogue(tmp_path)
    text = "\n".join(error.value.problems)
    assert "people.yaml:1: email 'a b' is not one e-mail address" in text
    assert "calendar.yaml:1: no public holidays are known for 'XX'" in text
    assert "finance_close.yaml:4: unknown owner 'finance_clerk'; did you mean finance_controller?" in text


@pytest.mark.parametrize(
    ("raw", "line", "words"),
    [
        (b"", 1, "the file is empty"),
        (b"# only a comment\n", 1, "the file is empty"),
        ("a: 中文\n".encode("gbk"), 1, "this is not UTF-8 text"),
        (b"a:\n\tb: 1\n", 2, "indented with a tab"),
        (b"a: {email: x@y.example}\nb: 1\na: 2\n", 3, "'a' stands here twice (first in line 1)"),
        (b"a: [1\nb: 2\n", 2, "not valid YAML"),
        (b"a: b: c\n", 1, "put a text that holds a colon in quotes"),
        (b"a: *x\n", 1, "a text that starts with * goes in quotes"),
        (b"a: !!python/object:os.system x\n", 1, "is not allowed"),
        (b"a: &x [*x]\n", 1, "an alias that holds itself"),
        (b"a: 1\n---\nb: 1\n", 3, "a second document starts here"),
        (b"a: \x01\n", 1, "remove the control character"),
        (b"- a\n", 1, "the file must hold `key: value` entries"),
        (b"a: {email: 'x\n", 1, "close the quotes"),
    ],
)
def test_broken_yaml_is_told_with_its_line(tmp_path: Path, raw: bytes, line: int, words: str) -> None:
    write_company(tmp_path)
    (tmp_path / "people.yaml").write_bytes(raw)
    _, problems = check_catalogue(tmp_path)
    told = [problem for problem in problems if problem.file.endswith("people.yaml")]
    assert any(problem.line == line and words in str(problem) for problem in told), problems
    # An unreadable people.yaml isn't told again at every owner.
    if "stands here twice" not in words and "valid" in words:
        assert len(problems) == 1


def test_aliases_that_multiply_end(tmp_path: Path) -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    started = time.monotonic()
    assert any("too many values" in fault for fault in faults(tmp_path, people=bomb))
    assert time.monotonic() - started < 20


def swap(text: str, old: str, new: str) -> tuple[str, int]:
    """Return `text` with `old` replaced once, and the line where it stood."""
    assert text.count(old) == 1, (old, text.count(old))
    return text.replace(old, new), text[: text.index(old)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("  unit: CNY\n  owner: finance_controller\n  tier: internal\n  better: up\n  over_time: sum\n  over_org: sum\n  dim",
         "  unti: CNY\n  unit: CNY\n  owner: finance_controller\n  tier: internal\n  better: up\n  over_time: sum\n  over_org: sum\n  dim",
         "unknown key 'unti'; did you mean unit?"),
        ("  tier: confidential\n", "  tier: secret\n", "tier can't be 'secret'"),
        ("  better: {band: [10, 60]}\n", "  better: {band: [10]}\n", "write [first, last]"),
        ("  better: {band: [10, 60]}\n", "  better: sideways\n", "write up, down or {band: [low, high]}"),
        ("  formula: gross_profit - operating_cost\n", "  formula: gross_profit - operating_costs\n",
         "unknown metric 'operating_costs' at character 16; did you mean operating_cost?"),
        ("  formula: gross_profit - operating_cost\n", "  formula: gross_profit - (operating_cost\n",
         "it ends where ')' is expected at character 31"),
        ("  formula: gross_profit - operating_cost\n", "  formula: gross_profit + output\n",
         "CNY and g can't be added"),
        ("  formula: gross_profit - operating_cost\n", "  formula: gross_profit + net_profit\n",
         "net_profit needs net_profit: a circle"),
        ("  ratio: {of: gross_profit, to: revenue}\n", "  ratio: {of: gross_profit, to: revenu}\n",
         "unknown metric 'revenu'; did you mean revenue?"),
        ("  ratio: {of: gross_profit, to: revenue}\n", "  ratio: {of: gross_profit, to: gross_margin_rate}\n",
         "gross_margin_rate needs gross_margin_rate: a circle"),
        ("  unit: \"%\"\n", "  unit: t\n", "gross_profit over revenue is a plain number, not g"),
        ("  unit: \"%\"\n", "  unit: 百分\n", "unknown unit '百分'; did you mean 百分点"),
        ("  definition: 收入减成本\n", "", "'definition' is missing; add `definition: {zh: ..., en: ...}`"),
        ("gross_margin_rate:\n", "毛利率:\n", "can't be a metric's id"),
        ("  valid_from: 2024-01-01\n", "  valid_from: 2024-1-x\n", "is not a date; write it as 2026-05-01"),
        ("  valid_from: 2024-01-01\n", "  versions: [{unit: 万元, valid_from: 2025-01-01}]\n",
         "the unit changes from CNY to 万元"),
        ("  valid_from: 2024-01-01\n", "  versions: [{definition: x}]\n", "add `valid_from: 2026-07-01`"),
        ("  valid_from: 2024-01-01\n", "  versions: [{definition: x, valid_from: 2026-01-15}]\n",
         "in the middle of a month"),
        ("  valid_from: 2024-01-01\n",
         "  versions: [{definition: x, valid_from: 2026-02-01}, {definition: y, valid_from: 2026-01-01}]\n",
         "list the versions in order of time"),
        ("  valid_from: 2024-01-01\n", "  versions: [{definiton: x, valid_from: 2026-01-01}]\n",
         "unknown key 'definiton'; did you mean definition"),
    ],
)  # fmt: skip
def test_metric_faults(tmp_path: Path, old: str, new: str, words: str) -> None:
    text, line = swap(company.METRICS, old, new)
    told = [fault for fault in faults(tmp_path, metrics__sales=text) if "metrics/sales.yaml" in fault]
    # A missing key is told at its metric, which starts above.
    shift = -2 if "missing" in words else 0
    assert any(
        fault.startswith(f"metrics/sales.yaml:{line + shift}: ") and words in fault for fault in told
    ), told


def test_a_metric_twice_names_the_other_place(tmp_path: Path) -> None:
    again = company.METRICS.split("gross_profit:", maxsplit=1)[0]
    told = only(tmp_path, metrics__again=again)
    assert "metrics/sales.yaml:1: the metric 'revenue' stands in" in told
    assert "metrics/again.yaml:1 already" in told


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("finance_close", "owner: finance_clerk", "owner: finance_clark", "did you mean finance_clerk?"),
        ("finance_close", "{metric: cost_of_sales, unit: 万元, sign: \"-\"}", "{metric: cost_of_sale, unit: 万元}",
         "unknown metric 'cost_of_sale'; did you mean cost_of_sales?"),
        ("finance_close", "{metric: cost_of_sales, unit: 万元, sign: \"-\"}", "{metric: cost_of_sales, unit: 万园}",
         "unknown unit '万园'; did you mean"),
        ("finance_close", "{metric: cost_of_sales, unit: 万元, sign: \"-\"}", "{metric: cost_of_sales, unit: 吨}",
         "吨 can't become CNY, the unit of cost_of_sales"),
        ("finance_close", "{metric: cost_of_sales, unit: 万元, sign: \"-\"}", "{metric: cost_of_sales, unit: USD/t}",
         "USD/t can't become CNY"),
        ("finance_close", "{metric: inventory, unit: 万元, reported_as: stock}",
         "{metric: inventory, unit: 万元, reported_as: ytd}", "inventory is not a sum over time"),
        ("finance_close", "{metric: investment, unit: 亿元, reported_as: ytd}",
         "{metric: investment, unit: 亿元, reported_as: stock}", "investment is summed over time"),
        ("finance_close", "{metric: investment, unit: 亿元, reported_as: ytd}",
         "{metric: net_profit, unit: 亿元}", "net_profit is computed from its formula"),
        ("finance_close", "  - rule: 营业收入 + 营业成本 = 毛利", "  - rule: 营业收入 + 营业成夲 = 毛利",
         "rule: unknown row '营业成夲' at character 8; did you mean 营业成本"),
        ("finance_close", "  - rule: 营业收入 + 营业成本 = 毛利", "  - rule: 营业收入 + 营业成本",
         "rule: a rule is one comparison of two sides"),
        ("finance_close", "  row_label: 项目\n", "", "a matrix needs row_label"),
        ("finance_close", "{year}年{month}月", "{month}月", "needs {year} with {month}"),
        ("finance_close", "{year}年{month}月", "{year}年第{quarter}季度", "write `slice: quarter`"),
        ("finance_close", "{org: {level: company}}", "{org: {level: companies}}", "did you mean company?"),
        ("finance_close", "{org: {level: company}}", "{org: [east, nrth]}", "unknown org unit 'nrth'; did you mean north?"),
        ("finance_close", "kind: workbook", "kind: excel", "write `kind: workbook`, `kind: sql` or `kind: rest`"),
        ("finance_close", "due: {working_day: 3, hour: 18}", "due: {working_day: 3, hour: 24}", "give at most 23"),
        ("finance_close", "nulls: [—, /, 无]", "nulls: —", "is not a list"),
        ("finance_close", "nulls: [—, /, 无]", "flags: ['(1)']", "the flag '(1)' could be a part of a number"),
        ("finance_close", "org: {cell: B2}", "period: {cell: B2}", "a matrix has its periods across"),
        ("finance_close", "across: columns", "across: rows", "periods down the side are records"),
        ("finance_close", "row_label: 项目", "blocks: [{title: 东, org: east}]", "blocks find their header by its labels"),
        ("finance_close", "header_rows: [3, 5]", "blocks: [{title: 东, org: east}, {title: 北}]", "some blocks say their org, others don't"),
        ("fx_rates", "sheet: rates", "sheet: rates, org: {across: columns}", "only the org units of a matrix stand across"),
        ("sales_orders", "schedule: \"0 2 * * *\"", "schedule: \"0 25 * * *\"", "is not a cron expression"),
        ("sales_orders", "window: 35 days", "window: a month", "window is `full` or a number of days"),
        ("sales_orders", "store, order_date, product_line]", "store, order_dat]", "did you mean order_date?"),
        ("sales_orders", "in: [家电, 家具, 服装]", "in: [01, 02]", "put every allowed value in quotes"),
        ("sales_orders", "product_line: {type: text", "产品线: {type: text", "the dimension '产品线' has no id"),
        ("sales_orders", "{type: date, is: date, required: true}", "{type: text, is: date}",
         "a column that is the date can't be of type text; write `type: date`"),
        ("sales_orders", "{type: text, is: org, required: true}", "{type: text}", "no column holds the org unit"),
        ("sales_orders", "orders:       {type: integer,", "orders:       {type: text,", "a figure can't be of type text"),
        ("sales_orders", "orders:       {type: integer, min: 0,", "orders:       {type: integer, min: 5, max: 1,", "min 5 is above max 1"),
        ("sales_orders", "product_line: {type: text, is: dimension,", "product_line: {type: text, is: dimension, name: region,",
         "revenue has no dimension 'region'"),
        ("mes_output", "path: $.plant.code, ", "", "the column 'plant' doesn't say where it stands"),
        ("mes_output", "$.items[*]", "$.items[", "is not a JSONPath"),
        ("mes_output", "{window_start}", "{windowstart}", "unknown placeholder {windowstart}; did you mean window_start"),
        ("sales_orders", "window: 35 days", "cursor: changed", "the cursor's column 'changed' isn't declared; add `changed:"),
        ("sales_orders", "window: 35 days", "cursor: {column: orders, look_back: soon}", "look_back is a time such as"),
        ("mes_output", "paging: {kind: page, param: page, size: 500, total: $.total}", "cursor: day", "must be asked for"),
        ("mes_output", "hosts: [mes.example.com]", "hosts: [https://mes.example.com/]", "is not a host"),
        ("mes_output", "hosts: [mes.example.com]", "hosts: ['*.example.com']", "is not a host"),
        ("mes_output", "hosts: [mes.example.com]", "hosts: [10.1.2.3/16]", "is not a host"),
        ("mes_output", "hosts: [mes.example.com]", "hosts: [mes.example.com, 0.0.0.0/0]", "too large to be one's own"),
        ("mes_output", "$.total}", "$.total + $.n}", "does more than select"),
        ("mes_output", "$.items[*]", "$.items[?(@.state == 1)]", "compares numbers, which are read as texts"),
        ("mes_output", "{from: ", "{api_key: abc, from: ", "api_key looks like a secret; put it into the connection"),
        ("mes_output", "auth: {kind: bearer}", "headers: {Authorization: Bearer abc}", "Authorization looks like a secret"),
        ("fx_rates", "  currency: {type: text, is: currency}\n", "", "rates need a column with the currency"),
    ],
)  # fmt: skip
def test_source_faults(tmp_path: Path, name: str, old: str, new: str, words: str) -> None:
    source, line = swap(company.FILES[f"sources/{name}.yaml"], old, new)
    told = faults(tmp_path, **{f"sources__{name}": source})
    places = {line, line_of(source, "columns:") if "columns:" in source else line}
    places |= {line_of(source, "layout:")} if "layout:" in source else set()
    places |= {line_of(source, "slice:")} if "slice:" in source else set()
    places |= {number for number, row in enumerate(source.splitlines(), 1) if "revenue" in row}
    fits = [fault for fault in told if words in fault]
    assert fits, told
    assert any(fault.startswith(f"sources/{name}.yaml:{place}: ") for fault in fits for place in places), told


def test_header_unit_against_declared_unit(tmp_path: Path) -> None:
    source = company.ORDERS.replace("net_amount: ", "净额（万元）: ")
    told = only(tmp_path, sources__sales_orders=source)
    assert "sales_orders.yaml:13: the header says 万元, but the unit is CNY" in told


def test_a_query_by_org_needs_units_that_owe_it(tmp_path: Path) -> None:
    write_company(tmp_path)
    (tmp_path / "sources/sales_orders.sql").write_text("SELECT 1\nFROM t WHERE unit = :org")
    _, problems = check_catalogue(tmp_path)
    (told,) = map(str, problems)
    assert ".sql:2: :org is filled with the units that owe the source; say which: `expects: {org:" in told


def test_queries(tmp_path: Path) -> None:
    write_company(tmp_path)
    (tmp_path / "sources/sales_orders.sql").write_text(
        "SELECT 1\nFROM t -- :no\nWHERE d::date >= :window_begin AND s = ':no'"
    )
    _, problems = check_catalogue(tmp_path)
    assert len(problems) == 1
    assert str(problems[0]).endswith(
        "sources/sales_orders.sql:3: unknown parameter :window_begin; did you mean window_end or window_start? "
        "These are filled in"
    ) or "unknown parameter :window_begin" in str(problems[0])
    (tmp_path / "sources/sales_orders.sql").unlink()
    _, problems = check_catalogue(tmp_path)
    assert [problem.line for problem in problems] == [1]
    assert "the query's .sql file is missing; write the query in" in str(problems[0])


def test_source_ids_are_unique(tmp_path: Path) -> None:
    told = only(tmp_path, sources__again=company.RATES)
    assert "sources/fx_rates.yaml:1: the source 'fx_rates' stands in" in told


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("- {unit: group, name: {zh: 集团, en: Group}}", "- {unit: group, parent: east, name: 集团}", "no unit is the root"),
        ("- {unit: group, name: {zh: 集团, en: Group}}", "- {unit: group, parent: east, name: 集团}", "a circle"),
        ("- {unit: north, parent: group,", "- {unit: north,", "north has no parent, but group is the root already"),
        ("- {unit: north, parent: group,", "- {unit: north, parent: grup,", "unknown parent 'grup'; did you mean group?"),
        ("- {unit: north, parent: group,", "- {unit: north, parent: plant_suzhou,", "a circle"),
        ("from: 2026-05-01,", "from: 2026-04-01,", "plant_suzhou has two places at once from 2026-04-01"),
        ("from: 2026-05-01,", "from: 2026-05-15,", "in the middle of a month"),
        ("aliases: [华北, EC02]", "aliases: [华北, ec01]", "'ec01' means both east (line 2) and north"),
        ("aliases: [华北, EC02]", "aliases: [华北], to: 2026-08-01",
         "plant_suzhou stands below north, which is not in force on 2026-08-01"),
        ("ownership: 80 %", "ownership: 120 %", "give at most 1"),
        ("level: plant, to: 2026-05-01", "level: plant, from: 2026-06-01, to: 2026-05-01", "before it begins"),
    ],
)  # fmt: skip
def test_org_faults(tmp_path: Path, old: str, new: str, words: str) -> None:
    org, line = swap(company.ORG, old, new)
    told = faults(tmp_path, org=org)
    near = range(1, 6) if "circle" in words or "place" in words or "below" in words else [line]
    assert any(
        fault.startswith(tuple(f"org.yaml:{n}: " for n in near)) and words in fault for fault in told
    ), told


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("periods: month", "periods: weeks", "periods can't be 'weeks'"),
        ("timezone: Asia/Shanghai", "timezone: Asia/Shangai", "did you mean Asia/Shanghai"),
        ("currency: CNY", "currency: CNX", "unknown currency 'CNX'"),
        ("fiscal_year_starts: 1", "fiscal_year_starts: 13", "give at most 12"),
        ("fiscal_year_starts: 1", "fiscal_year_start: 4", "unknown key 'fiscal_year_start'; did you mean fiscal_year_starts"),
    ],
)  # fmt: skip
def test_calendar_faults(tmp_path: Path, old: str, new: str, words: str) -> None:
    text, line = swap(company.CALENDAR, old, new)
    told = only(tmp_path, calendar=text)
    assert told.startswith(f"calendar.yaml:{line}: ")
    assert words in told


def test_units_faults(tmp_path: Path) -> None:
    told = faults(
        tmp_path,
        units="definitions:\n  托盘: 48 * 件\n  桶装: 3 * 加仑\n  吨: 2 * kg\naliases:\n  万元: [W元]\n  t: [元]\n",
    )
    assert [fault.split(";")[0] for fault in told] == [
        "units.yaml:3: '桶装' is defined by the unknown unit '3 * 加仑'",
        "units.yaml:4: '吨' is built in",
        "units.yaml:7: '元' already names another unit",
    ]


def test_eliminations(tmp_path: Path) -> None:
    told = faults(tmp_path, eliminations="- {pair: [revenue, cost_of_sale], counterparty: counterparty}\n")
    assert (
        "eliminations.yaml:1: unknown metric 'cost_of_sale'; did you mean cost_of_sales? (or declare it in metrics/)"
        in told
    )
    assert any("'counterparty' is not a dimension of revenue" in fault for fault in told)


def test_missing_and_meaningless_files(tmp_path: Path) -> None:
    write_company(tmp_path, metric="a: 1\n")
    (tmp_path / "people.yaml").unlink()
    told = faults_of(tmp_path)
    assert "people.yaml: the file is missing; list the owners in it" in told
    assert any(
        fault.startswith("metric.yaml: a file of this name means nothing; did you mean metrics/?")
        for fault in told
    )
    assert len(told) == 2


def faults_of(folder: Path) -> list[str]:
    return [str(problem).replace(f"{folder}/", "") for problem in check_catalogue(folder)[1]]


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no such folder"):
        load_catalogue(tmp_path / "nowhere")


def test_formula_units_are_fitted(tmp_path: Path) -> None:
    catalogue = load_catalogue(write_company(tmp_path))
    from include.catalogue.evaluation import render_sql

    expression = catalogue.latest("net_profit").expression
    assert expression is not None
    assert render_sql(expression, lambda name: name.name) == "(gross_profit - (operating_cost * 10000))"
    assert catalogue.latest("gross_margin_rate").factor == Fraction(100)


def test_five_hundred_metrics_compile_in_five_seconds(tmp_path: Path) -> None:
    base = company.METRICS.split("gross_profit:", maxsplit=1)[0]
    metrics = "".join(base.replace("revenue:", f"metric_{n}:") for n in range(350))
    ratio = company.METRICS[company.METRICS.index("net_profit:") : company.METRICS.index("cost_of_sales:")]
    metrics += "".join(
        ratio.replace("net_profit:", f"derived_{n}:").replace(
            "gross_profit - operating_cost", f"metric_{n} - prior(metric_{n + 1}) / 2"
        )
        for n in range(150)
    )
    write_company(tmp_path, metrics__many=metrics)
    started = time.process_time()
    catalogue = load_catalogue(tmp_path)
    assert len(catalogue.metrics) == 512  # two of them the built-in rates
    assert time.process_time() - started < 5
