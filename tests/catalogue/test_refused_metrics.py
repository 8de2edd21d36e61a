"""What no metric goes without and what no formula may hold: each told with file, line, words and position."""

from pathlib import Path

import pytest

from tests.catalogue.test_loading import faults

BASE = ("name: m", "definition: d", "unit: CNY", "owner: finance_controller", "tier: public", "better: up")
SUMMED = ("over_time: sum", "over_org: sum")


def entry(*keys: str) -> str:
    return "\n  ".join(("# a metric", "m:", *keys)).replace("  m:", "m:", 1) + "\n"


def only(folder: Path, text: str) -> str:
    found = faults(folder, metrics__m=text)
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("left_out", "words"),
    [
        ("owner", "'owner' is missing; add `owner:` with a key of people.yaml"),
        ("unit", "'unit' is missing; add the unit of the warehouse, e.g. `unit: CNY`"),
        ("tier", "'tier' is missing; add `tier: public`, internal, confidential or restricted"),
        ("better", "'better' is missing; add `better: up`, `better: down` or `better: {band: [low, high]}`"),
        ("definition", "'definition' is missing; add `definition: {zh: ..., en: ...}`"),
        ("over_", "say how it aggregates: over_time and over_org, or ratio, or formula"),
        ("over_org", "say how it aggregates: over_time and over_org, or ratio, or formula"),
    ],
)
def test_what_a_metric_needs(tmp_path: Path, left_out: str, words: str) -> None:
    keys = [key for key in (*BASE, *SUMMED) if not key.startswith(left_out)]
    assert only(tmp_path, entry(*keys)) == f"metrics/m.yaml:2: {words}"


def test_an_unknown_owner_unit_and_tier(tmp_path: Path) -> None:
    keys = [*BASE, *SUMMED]
    keys[2:5] = ["unit: 万园", "owner: finance_controler", "tier: secret"]
    assert faults(tmp_path, metrics__m=entry(*keys)) == [
        "metrics/m.yaml:7: tier can't be 'secret'; it is one of public, internal, confidential or restricted"
    ]
    keys[4] = "tier: public"
    told = faults(tmp_path, metrics__m=entry(*keys))
    assert [fault.split(";")[0] for fault in told] == [
        "metrics/m.yaml:5: unknown unit '万园'",
        "metrics/m.yaml:6: unknown owner 'finance_controler'",
    ]
    assert "did you mean 万元" in told[0] or "did you mean 万" in told[0]
    assert "; did you mean finance_controller or " in told[1]


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("gross_profit + output", "formula: CNY and g can't be added at character 16; use metrics of like units"),
        ("output * 2", "formula: the formula gives g, but the metric's unit is CNY at character 1; "),
        ("gross_profit - nothing", "unknown metric 'nothing' at character 16; "),
        ("gross_profit - m", "m needs m: a circle; compute one of them from reported metrics"),
        ("(select 1)", "formula: '1' stands where ')' is expected at character 9"),
        ("(select max(revenue) from t)", "formula: 'max' stands where ')' is expected at character 9"),
        ("sqrt(revenue)", "formula: unknown function 'sqrt' at character 1; known are prior, ytd, coalesce, if"),
        ("revenue::int", "formula: ':' isn't allowed at character 8; "),
        ("cast(revenue as int)", "formula: unknown function 'cast' at character 1; "),
        ("revenue; drop table x", "formula: ';' isn't allowed at character 8; "),
        ("revenue -- x", "unknown metric 'x' at character 12; "),
        ("'revenue'", "formula: \"'\" isn't allowed at character 1; there are no text values"),
        ("revenue.net", "formula: '.' isn't allowed at character 8; "),
        ("(" * 60 + "revenue" + ")" * 60, "formula: nested deeper than 50 levels at character 52; split it into several metrics"),
        ("-" * 60 + "revenue", "formula: nested deeper than 50 levels at character 52; "),
        ("m1 + " * 300 + "m1", "formula: too many terms at character "),
    ],
)  # fmt: skip
def test_what_no_formula_may_hold(tmp_path: Path, formula: str, words: str) -> None:
    told = faults(tmp_path, metrics__m=entry(*BASE, f'formula: "{formula}"'))
    assert told[0].startswith(f"metrics/m.yaml:9: {words}"), told
    assert len(told) == 1


def test_a_circle_through_three_metrics_is_told_once(tmp_path: Path) -> None:
    text = entry(*BASE, "formula: n + revenue")
    text += entry(*BASE, "formula: o - revenue").replace("m:", "n:", 1)
    text += entry(*BASE, "formula: coalesce(ytd(m), 0)").replace("m:", "o:", 1)
    told = only(tmp_path, text)
    assert (
        told
        == "metrics/m.yaml:27: m needs n needs o needs m: a circle; compute one of them from reported metrics"
    )


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        ("{of: gross_profits, to: revenue}", "unknown metric 'gross_profits'; did you mean gross_profit? (or declare it in metrics/)"),
        ("{of: gross_profit, to: revenu}", "unknown metric 'revenu'; did you mean revenue? (or declare it in metrics/)"),
        ("{of: m, to: revenue}", "m needs m: a circle; compute one of them from reported metrics"),
        ("{of: output, to: output}", "output over output is a plain number, not CNY; write `unit: \"%\"`"),
    ],
)  # fmt: skip
def test_the_parts_of_a_ratio(tmp_path: Path, ratio: str, words: str) -> None:
    told = faults(tmp_path, metrics__m=entry(*BASE, f"ratio: {ratio}"))
    line = 5 if "plain number" in words else 9
    assert told == [f"metrics/m.yaml:{line}: {words}"]
