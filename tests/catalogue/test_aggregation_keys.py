"""The keys about weights, members, versions, currencies, mergers and pairs: what compiles, what is told and where."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from include.catalogue import check_catalogue, load_catalogue
from tests.catalogue.company import METRICS, ORG, RATES, write_company
from tests.catalogue.test_loading import faults, line_of, swap

_SAME = "definition: d, owner: finance_controller, tier: internal, better: up"
MORE = f"""
avg_price: {{name: 均价, {_SAME}, unit: 元/t, over_time: weighted_average, over_org: weighted_average}}
customers: {{name: 客户数, {_SAME}, unit: 单, over_time: distinct, over_org: distinct}}
balance: {{name: 余额, {_SAME}, unit: CNY, over_time: last, over_org: sum, carry_forward: 5 days}}
our_share: {{name: 权益利润, {_SAME}, unit: CNY, over_time: sum, over_org: sum, consolidation: proportionate}}
monthly: {{name: 月度, {_SAME}, unit: CNY, over_time: sum, over_org: sum, grain: month, dimensions: [partner]}}
twofold: {{name: 两版, {_SAME}, unit: CNY, over_time: sum, over_org: sum, dimensions: [partner],
          versions: [{{valid_from: 2026-03-01, definition: e}}]}}
"""
ALL = METRICS + MORE
RECORDS = "source: s\nkind: workbook\nlayout: {kind: records}\ncolumns:\n  单位: {is: org}\n"
MONTH = "  月: {type: month, is: period}\n"
MATRIX = "source: s\nkind: workbook\nlayout: {kind: matrix, row_label: 项目, org: {cell: B2}, periods: {across: columns}}\nrows:\n"


def told(folder: Path, text: str, name: str = "sources/s.yaml", **changes: str) -> str:
    """Return the one problem of a company with the file `text`; it stands in the line that ends with `# <<`."""
    file = name.removesuffix(".yaml").replace("/", "__")
    found = faults(folder, **({"metrics__sales": ALL} | changes | {file: text}))
    assert len(found) == 1, found
    assert found[0].startswith(f"{name}:{line_of(text, '# <<')}: "), found
    return found[0]


def test_the_new_keys_compile(tmp_path: Path) -> None:
    org = ORG + "- {unit: old, parent: east, to: 2026-04-01, into: plant_suzhou}\n"
    pair = "- {pair: [monthly, twofold], counterparty: partner, tolerance: 0.01}\n"
    catalogue = load_catalogue(write_company(tmp_path, metrics__sales=ALL, org=org, eliminations=pair))
    assert catalogue.latest("balance").carry_forward == 5
    assert catalogue.latest("inventory").carry_forward is None
    assert catalogue.latest("our_share").consolidation == "proportionate"
    assert (catalogue.latest("monthly").grain, catalogue.latest("revenue").grain) == ("month", "day")
    assert catalogue.is_weighted("avg_price") and not catalogue.is_weighted("revenue")
    assert catalogue.org.into == {"old": "plant_suzhou"}
    assert catalogue.eliminations[0].tolerance == Decimal("0.01")
    assert catalogue.counterparties == {"monthly": {"partner"}, "twofold": {"partner"}}


def test_rates_make_two_metrics(tmp_path: Path) -> None:
    rates = "owner: finance_clerk\n" + RATES
    catalogue = load_catalogue(write_company(tmp_path, sources__fx_rates=rates))
    average, closing = catalogue.latest("exchange_rate_average"), catalogue.latest("exchange_rate_closing")
    assert (average.over_time, closing.over_time, average.over_org) == ("average", "last", "none")
    assert (average.unit, average.dimensions, average.tier, average.kind) == (
        "CNY",
        ("currency",),
        "public",
        "base",
    )
    assert (average.owner, average.version, average.status) == ("finance_clerk", 1, "active")
    assert "exchange_rate_closing" in catalogue.derivation_order
    assert (
        load_catalogue(write_company(tmp_path, sources__fx_rates=RATES)).latest("exchange_rate_closing").owner
        == ""
    )
    (tmp_path / "sources/fx_rates.yaml").unlink()
    assert "exchange_rate_average" not in load_catalogue(tmp_path).metrics


def test_another_way_of_aggregating_leaves_nothing_of_the_former(tmp_path: Path) -> None:
    versions = "over_org: sum, carry_forward: 5, consolidation: proportionate, versions: [{}]}}\n"
    metrics = ALL.replace("over_org: sum, carry_forward: 5 days}\n", versions)
    later = "{valid_from: 2026-02-01, definition: e}, {valid_from: 2026-03-01, over_time: sum}, "
    later += "{valid_from: 2026-04-01, over_org: max}, {valid_from: 2026-05-01, formula: monthly * 2}"
    catalogue = load_catalogue(
        write_company(tmp_path, metrics__sales=metrics.replace("{}", later).replace("}}\n", "}\n"))
    )
    found = [(v.over_time, v.carry_forward, v.consolidation, v.kind) for v in catalogue.metrics["balance"]]
    assert found == [
        ("last", 5, "proportionate", "base"),
        ("last", 5, "proportionate", "base"),
        ("sum", None, "proportionate", "base"),
        ("sum", None, "full", "base"),
        (None, None, "full", "formula"),
    ]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("over_time: weighted_average\n over_org: sum # <<", "a weighted average is one over time and over the tree; write `over_org: weighted_average` too"),
        ("over_time: sum # <<\n over_org: distinct", "distinct members are counted over time and over the tree alike; write `over_time: distinct` too"),
        ("over_time: sum\n over_org: sum\n carry_forward: 5 days # <<", "only a last value is carried forward, over_time is sum"),
        ("over_time: last\n over_org: sum\n carry_forward: 5 weeks # <<", "'5 weeks' is not a number of days; write it like `5 days`"),
        ("over_time: last\n over_org: sum\n carry_forward: -1 # <<", "is not a number of days"),
        ("over_time: last\n over_org: max\n consolidation: proportionate # <<", "only what adds up is consolidated by share, over_org is max"),
        ("over_time: last\n over_org: sum\n consolidation: half # <<", "consolidation can't be 'half'; it is one of full or proportionate"),
        ("over_time: last\n over_org: sum\n grain: week # <<", "grain can't be 'week'; it is one of day, month or quarter"),
        ("over_time: summe # <<\n over_org: sum", "over_time can't be 'summe'; did you mean sum? It is one of sum, last, average, min, max, none, weighted_average or distinct"),
        ("ratio: {of: gross_profit, to: revenue}\n carry_forward: 3 # <<", "m is computed from its ratio, so it has no carry_forward"),
        ("formula: revenue * 2\n grain: month # <<", "m is computed from its formula, so it has no grain; remove `grain`, or write it at its parts"),
        ("over_time: sum\n over_org: sum\n versions: [{valid_from: 2026-01-01, over_time: distinct, over_org: distinct}] # <<", "m changes from over_time sum to distinct; its sources report either members or numbers"),
    ],
)  # fmt: skip
def test_metric_keys(tmp_path: Path, keys: str, words: str) -> None:
    unit = '"%"' if "ratio" in keys else "CNY"
    text = f"m:\n name: m\n definition: d\n unit: {unit}\n owner: finance_controller\n tier: public\n better: up\n {keys}\n"
    assert words in told(tmp_path, text, "metrics/m.yaml")


def test_members_are_counted_one_by_one(tmp_path: Path) -> None:
    text = f"m:\n  {{name: m, {_SAME}, over_time: distinct, over_org: distinct,\n  unit: 万人}} # <<\n"
    assert "members are counted one by one, not in 万人" in told(tmp_path, text, "metrics/m.yaml")


def test_a_version_s_fault_is_told_at_the_version(tmp_path: Path) -> None:
    text = f"m:\n  {{name: m, {_SAME}, unit: CNY, over_time: last, over_org: sum,\n  versions: [\n"
    text += "  {valid_from: 2026-01-01, definition: e},\n  {valid_from: 2026-02-01, carry_forward: 3, over_time: max}]} # <<\n"
    assert "only a last value is carried forward, over_time is max" in told(tmp_path, text, "metrics/m.yaml")


@pytest.mark.parametrize("name", ["exchange_rate_average", "exchange_rate_closing"])
def test_the_rates_ids_are_taken(tmp_path: Path, name: str) -> None:
    text = f"{name}: # <<\n  {{name: m, {_SAME}, unit: CNY, over_time: last, over_org: sum}}\n"
    assert f"{name} is built in" in told(tmp_path, text, "metrics/m.yaml")


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        # weights
        ("  均价: {type: decimal, metric: avg_price} # <<", "avg_price is a weighted average, but nothing says its weight"),
        ("  均价: {type: decimal, metric: avg_price, weight: 吨} # <<\n  吨数: {type: decimal}", "unknown weight '吨'; did you mean 吨数?"),
        ("  均价: {type: decimal, metric: avg_price, weight: 均价} # <<", "'均价' can't be the weight of '均价'"),
        ("  均价: {type: decimal, metric: avg_price, weight: 单位} # <<", "'单位' can't be the weight of '均价'; name another column of type decimal"),
        ("  额: {type: decimal, metric: revenue, weight: 均价} # <<\n  均价: {type: decimal}", "revenue is not a weighted average"),
        ("  额: {type: decimal, metric: revenue}\n  吨: {type: decimal, is: weight} # <<", "'吨' is a weight, but no measure is a weighted average"),
        ("  额: {type: decimal, metric: revenue}\n  吨: {type: decimal, weight: 额} # <<", "only a measure has a weight"),
        ("  均价: {type: decimal, metric: avg_price} # <<\n  吨: {type: decimal, is: weight}\n  升: {type: decimal, is: weight}", "both '吨' and '升' may be the weight of avg_price"),
        ("  均价: {type: decimal, metric: avg_price, weight: 额}\n  额: {type: decimal, metric: revenue, unit: USD} # <<", "the weight '额' of avg_price is money in another currency"),
        # members
        ("  客户: {type: integer, metric: customers} # <<", "distinct needs the detail: a text column with the members' ids"),
        ("  客户: {metric: customers, scenario: target} # <<", "customers counts distinct members, it has no target"),
        ("  客户: {metric: customers, sign: '-'} # <<", "members have no sign"),
        ("  客户: {metric: customers, reported_as: stock} # <<", "members have no reported_as"),
        ("  客户: {metric: customers, unit: 万单} # <<", "each member counts as one 单, not 万单"),
        ("  额: {type: text, metric: revenue} # <<", "a figure can't be of type text"),
        # versions
        ("  额: {type: decimal, metric: twofold, version: 3} # <<", "twofold has no version 3; it has the versions 1 to 2"),
        ("  额: {type: decimal, metric: revenue, version: 2} # <<", "revenue has no version 2; it has only version 1"),
        ("  额: {type: decimal, metric: revenue}\n  备注: {version: 1} # <<", "only a measure has a version"),
        ("  旧: {type: decimal, metric: twofold, version: 1}\n  新: {type: decimal, metric: twofold} # <<", "twofold is reported for a version in '旧', and without one here"),
        # rates and currencies
        ("  额: {type: decimal, metric: revenue, per: 100} # <<", "only a rate is quoted per so many units"),
        ("  额: {type: decimal, metric: revenue, unit: USD, reported_as: ytd} # <<", "a year-to-date in USD can't be converted"),
        ("  币: {is: currency}\n  额: {type: decimal, metric: revenue, reported_as: ytd} # <<", "a year-to-date in the currency of '币' can't be converted"),
        ("  币: {is: currency} # <<\n  量: {type: decimal, metric: output}", "'币' is the currency, but no measure is money"),
        ("  币: {is: currency}\n  种: {is: currency} # <<\n  额: {type: decimal, metric: revenue}", "both '币' and '种' are the currency"),
        ("  币: {type: integer, is: currency} # <<\n  额: {type: decimal, metric: revenue}", "a column that is the currency can't be of type integer"),
        ("  额: {type: decimal, metric: revenue, unit: 美元/t} # <<", "美元/t can't become CNY, the unit of revenue"),
    ],
)  # fmt: skip
def test_measure_keys(tmp_path: Path, columns: str, words: str) -> None:
    assert words in told(tmp_path, RECORDS + MONTH + columns + "\n")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            "  客户: {metric: customers} # <<\n",
            "distinct needs the detail: a text column with the members' ids",
        ),
        (
            "  均价: {metric: avg_price, weight: 吨数} # <<\n  吨: {}\n",
            "unknown weight '吨数'; did you mean 吨?",
        ),
        ("  额: {metric: revenue}\n  汇率: {rate: average} # <<\n", "a rate can't stand in a matrix's row"),
    ],
)
def test_row_keys(tmp_path: Path, rows: str, words: str) -> None:
    assert words in told(tmp_path, MATRIX + rows)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (RECORDS + "  日: {type: date, is: date}\n  额: {type: decimal, metric: monthly} # <<\n", "this source reports it by day"),
        (RECORDS + "  日: {type: date, is: period}\n  额: {type: decimal, metric: monthly} # <<\n", "this source reports it by day"),
        (MATRIX.replace("across: columns", 'across: columns, pattern: "{year}-{month}-{day}"') + "  额: {metric: monthly} # <<\n", "monthly is kept by month (its `grain`), this source reports it by day"),
    ],
)  # fmt: skip
def test_a_source_finer_than_the_grain(tmp_path: Path, source: str, words: str) -> None:
    assert words in told(tmp_path, source)


def test_a_source_as_coarse_as_the_grain(tmp_path: Path) -> None:
    for row in ("  月: {type: month, is: period}\n", "  季: {type: quarter, is: period}\n"):
        text = (
            RECORDS.replace("columns:", "slice: quarter\ncolumns:")
            + row
            + "  额: {type: decimal, metric: monthly}\n"
        )
        assert faults(tmp_path, metrics__sales=ALL, sources__s=text) == []


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ("  额: {type: decimal, metric: revenue, unit: 千美元} # <<", "千美元 becomes CNY by a rate, and no source reports currency rates"),
        ("  币: {is: currency} # <<\n  额: {type: decimal, metric: revenue}", "'币' is the currency of each record, and no source reports currency rates"),
    ],
)  # fmt: skip
def test_other_currencies_need_rates(tmp_path: Path, columns: str, words: str) -> None:
    write_company(tmp_path)
    (tmp_path / "sources/fx_rates.yaml").unlink()
    text = RECORDS + MONTH + columns + "\n"
    (tmp_path / "sources/s.yaml").write_text(text, "utf-8")
    found = [str(problem).replace(f"{tmp_path}/", "") for problem in check_catalogue(tmp_path)[1]]
    assert len(found) == 1
    assert found[0].startswith(f"sources/s.yaml:{line_of(text, '# <<')}: ") and words in found[0]


def test_a_faulty_source_of_rates_is_told_once(tmp_path: Path) -> None:
    text = RECORDS + MONTH + "  额: {type: decimal, metric: revenue, unit: USD}\n"
    rates = RATES.replace("rate: average", "rate: avrage")
    found = faults(tmp_path, sources__s=text, sources__fx_rates=rates)
    assert len(found) == 1 and "rate can't be 'avrage'; did you mean average?" in found[0]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("  currency: {type: text, is: currency}\n", "", "rates need a column with the currency"),
        ("  month:    {type: month, is: period}\n", "", "no column holds the date or period"),
        ("  average:  {type: decimal, rate: average}\n", "  average:  {type: decimal, rate: average, unit: USD}\n", "a rate is in CNY, the company's currency, not in USD"),
        ("  average:  {type: decimal, rate: average}\n", "  average:  {type: text, rate: average}\n", "a figure can't be of type text"),
        ("  average:  {type: decimal, rate: average}\n", "  average:  {type: decimal, rate: average, per: 0}\n", "give more than 0"),
        ("  average:  {type: decimal, rate: average}\n", "  average:  {type: decimal, rate: average, scenario: budget}\n", "a rate has no scenario"),
        ("  average:  {type: decimal, rate: average}\n", "  average:  {type: decimal, rate: average, sign: '-'}\n", "a rate has no sign"),
        ("  average:  {type: decimal, rate: average}\n", "  average:  {type: decimal, rate: average, is: weight}\n", "a rate has no `is`"),
        ("  average:  {type: decimal, rate: average}\n", "  average:  {type: decimal, metric: revenue}\n", "currency rates and the measure 'average' stand in one source"),
        ("  average:  {type: decimal, rate: average}\n", "  average:  {type: decimal, rate: average}\n  unit: {is: org}\n", "rates hold for the whole company, they have no org"),
        ("layout: {kind: records, sheet: rates}\n", "layout: {kind: records, org: {cell: B2}}\n", "they have no org unit"),
        ("layout: {kind: records, sheet: rates}\n", "expects: {org: [east]}\n", "no unit owes them"),
    ],
)  # fmt: skip
def test_sources_of_rates(tmp_path: Path, old: str, new: str, words: str) -> None:
    text, line = swap(RATES, old, new)
    found = [fault for fault in faults(tmp_path, sources__fx_rates=text) if words in fault]
    lines = {line, line + 1, line_of(text, "columns:")}
    assert any(found[0].startswith(f"sources/fx_rates.yaml:{number}: ") for number in lines), found


def test_weights_of_one_metric_have_one_unit(tmp_path: Path) -> None:
    first = RECORDS.replace("source: s", "source: a") + MONTH
    first += "  均价: {type: decimal, metric: avg_price, weight: 量}\n  量: {type: decimal, metric: output, unit: 万吨}\n"
    second = (
        RECORDS
        + MONTH
        + "  均价: {type: decimal, metric: avg_price, weight: 量} # <<\n  量: {type: decimal, unit: 万吨}\n"
    )
    words = told(tmp_path, second, sources__a=first)
    assert "the weight '量' of avg_price is in 万吨, in " in words and "sources/a.yaml:7 in t" in words
    assert (
        faults(tmp_path, metrics__sales=ALL, sources__a=first, sources__s=second.replace("万吨", "吨")) == []
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("- {unit: old, parent: east, to: 2026-04-01, into: plant_suzhu} # <<", "unknown unit 'plant_suzhu'; did you mean plant_suzhou?"),
        ("- {unit: old, parent: east, into: plant_suzhou} # <<", "old goes into plant_suzhou, but nothing says when"),
        ("- {unit: old, parent: east, to: 2026-04-01, into: old} # <<", "old goes into old, which is not in force on 2026-04-01"),
        ("- {unit: shop, parent: east, from: 2026-05-01}\n- {unit: old, parent: east, to: 2026-04-01, into: shop} # <<", "old goes into shop, which is not in force on 2026-04-01"),
        ("- {unit: old, parent: east, to: 2026-04-01, into: north} # <<\n- {unit: old, parent: north, from: 2026-04-01}", "old goes into north, but lives on in line 7"),
    ],
)  # fmt: skip
def test_mergers(tmp_path: Path, line: str, words: str) -> None:
    assert words in told(tmp_path, ORG + line + "\n", "org.yaml")


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("- {pair: [monthly, twofolds], counterparty: partner} # <<", "unknown metric 'twofolds'; did you mean twofold?"),
        ("- {pair: [monthly, monthly], counterparty: partner} # <<", "monthly is paired with itself"),
        ("- {pair: [monthly, revenue], counterparty: partner} # <<", "'partner' is not a dimension of revenue"),
        ("- {pair: [monthly, twofold], counterparty: partner, tolerance: -1} # <<", "tolerance: -1 is too small"),
        ("- {pair: [monthly, twofold], counterparty: partner}\n- {pair: [twofold, other], counterparty: partner} # <<", "twofold is in a pair already (line 1)"),
        ("- {pair: [other, ratio], counterparty: partner} # <<", "ratio is computed from its ratio: it can't be eliminated"),
        ("- {pair: [other, widest], counterparty: partner} # <<", "widest is max over time and sum over the tree: it can't be eliminated"),
        ("- {pair: [other, tons], counterparty: partner} # <<", "other is in CNY, tons in t; give both metrics one unit"),
    ],
)  # fmt: skip
def test_pairs(tmp_path: Path, pair: str, words: str) -> None:
    more = f"other: {{name: o, {_SAME}, unit: CNY, over_time: last, over_org: sum, dimensions: [partner]}}\n"
    more += f"tons: {{name: o, {_SAME}, unit: t, over_time: last, over_org: sum, dimensions: [partner]}}\n"
    more += f"widest: {{name: o, {_SAME}, unit: CNY, over_time: max, over_org: sum, dimensions: [partner]}}\n"
    more += f"ratio: {{name: o, {_SAME}, unit: CNY, ratio: {{of: other, to: rate}}, dimensions: [partner]}}\n"
    more += f'rate: {{name: o, {_SAME}, unit: "1", over_time: max, over_org: sum}}\n'
    assert words in told(tmp_path, pair + "\n", "eliminations.yaml", metrics__more=more)


def test_a_pair_needs_the_months(tmp_path: Path) -> None:
    text = (
        RECORDS
        + MONTH
        + "  对方: {is: dimension, name: partner}\n  额: {type: decimal, metric: monthly, reported_as: ytd} # <<\n"
    )
    pair = "- {pair: [monthly, twofold], counterparty: partner}\n"
    words = told(tmp_path, text, eliminations=pair)
    assert "monthly is eliminated by partner, so a year-to-date by partner can't be used" in words
    whole = text.replace("  对方: {is: dimension, name: partner}\n", "")
    assert faults(tmp_path, metrics__sales=ALL, eliminations=pair, sources__s=whole) == []


def test_rates_of_a_service(tmp_path: Path) -> None:
    text = """\
source: s
kind: rest
connection: fx
request: {path: /rates}
hosts: [fx.example.com]
columns:
  day: {path: $.day, type: date, is: date}
  code: {path: $.code, is: currency}
  mid: {path: $.mid, type: decimal, rate: average, per: 100}
"""
    catalogue = load_catalogue(write_company(tmp_path, sources__s=text))
    assert catalogue.sources["s"].columns["mid"].feeds == "exchange_rate_average"
    assert catalogue.metric_at("exchange_rate_average", dt.date(2026, 1, 1)).version == 1
