"""Units: exact factors for what is known, a refusal with near names for everything else."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.catalogue.models import UnitsConfig
from include.catalogue.unit_table import CURRENCIES, MULTIPLIERS, unit_lines
from include.catalogue.units import IncompatibleUnitError, UnitSystem, UnknownUnitError
from tests.catalogue.company import FINANCE, METRICS
from tests.catalogue.test_loading import faults, line_of

UNITS = UnitSystem()
NAMES = sorted(UNITS._units)


@pytest.mark.parametrize(
    ("one", "other", "factor"),
    [
        ("万元", "CNY", 10_000), ("亿元", "万元", 10_000), ("千元", "元", 1000), ("百万元", "元", 10**6),
        ("￥", "人民币", 1), ("（万元）", "元", 10_000), ("【万元】", "元", 10_000), ("单位：万元", "元", 10_000),
        ("千 元", "元", 1000), ("千美元", "USD", 1000), ("万美元", "$", 10_000), ("million USD", "万美元", 100),
        ("1000元", "千元", 1), ("10万吨", "t", 100_000), ("10,000 件", "万件", 1),
        ("t", "kg", 1000), ("公吨", "克", 10**6), ("公斤", "千克", 1), ("斤", "kg", Fraction(1, 2)), ("万吨", "t", 10_000),
        ("亿吨公里", "t·km", 10**8), ("万人公里", "人*km", 10_000), ("公里", "米", 1000),
        ("亩", "m2", Fraction(2000, 3)), ("㎡", "平方米", 1), ("m²", "m^2", 1), ("公顷", "m2", 10_000),
        ("m³", "升", 1000), ("mL", "L", Fraction(1, 1000)),
        ("万千瓦时", "度", 10_000), ("kWh", "MJ", Fraction(18, 5)), ("MWh", "千瓦时", 1000), ("kW·h", "度", 1),
        ("h", "分钟", 60), ("台时", "小时", 1), ("天", "h", 24), ("年", "个月", 12),
        ("%", "‰", 10), ("％", "bp", 100), ("百分点", "%", 1), ("倍", "%", 100), ("亿", "万", 10_000),
        ("元/吨", "CNY/kg", Fraction(1, 1000)), ("万元/人", "元/人", 10_000), ("元/(人·天)", "元/人天", 1),
        ("元/人/天", "元/人天", 1), ("万人次", "人次", 10_000), ("pcs", "件", 1), ("标箱", "TEU", 1),
    ],
)  # fmt: skip
def test_factors(one: str, other: str, factor: int | Fraction) -> None:
    assert UNITS.factor(one, other) == factor
    assert UNITS.factor(other, one) == 1 / Fraction(factor)


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("T", "t"), ("MT", "Mt"), ("ton", "tonne"), ("M元", "元"), ("k元", "元"), ("mW", "MW"), ("h2", "h"), ("吨公理", "吨公里"),
        ("万园", "万"), ("千克元", "千克"),
        ("P", ""), ("万万元", ""), ("元元", ""), ("", ""), (" ", ""), ("元/", ""), ("(元", ""), ("元)", ""), ("万%", ""), ("米万", ""),
        ("元^99", ""), ("元^0", ""), ("0元", ""), ("48", ""), ("million", ""), ("CNY; DROP", ""), ("元" * 100, ""), ("//", ""),
        ("元吨", ""), ("a", ""), ("da", ""), ("yr2", ""), ("nan", ""), ("1e5", ""), ("-元", ""), ("元+元", ""), ("/吨", ""),
    ],
)  # fmt: skip
def test_what_is_not_known_for_certain_is_refused(text: str, near: str) -> None:
    assert not UNITS.is_known(text)
    with pytest.raises(UnknownUnitError) as error:
        UNITS.factor(text, "CNY")
    assert error.value.text == text
    assert near in "|".join(error.value.nearest)


@pytest.mark.parametrize(
    ("one", "other"),
    [("元", "吨"), ("CNY", "USD"), ("件", "单"), ("件", "个"), ("人", "人次"), ("m", "m2"), ("°C", "%"), ("元/吨", "元"),
     ("m3", "t"), ("月", "天"), ("工作日", "天"), ("分", "分钟"), ("分", "元"), ("标方", "m3"), ("吨标煤", "t")],
)  # fmt: skip
def test_unlike_things_have_no_factor(one: str, other: str) -> None:
    with pytest.raises(IncompatibleUnitError):
        UNITS.factor(one, other)


def test_no_name_has_two_meanings() -> None:
    owners: dict[str, str] = {}
    for unit, _, names in unit_lines():
        for name in names:
            assert owners.setdefault(name, unit) == unit, name


@given(st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_factors_are_exact_and_consistent(one: str, other: str, third: str) -> None:
    if UNITS.are_compatible(one, other):
        there, back = UNITS.factor(one, other), UNITS.factor(other, one)
        assert isinstance(there, Fraction)
        assert there * back == 1
    quotient = UNITS.parse(f"{one}/({other})") if one != "1" else UNITS.parse(one) / UNITS.parse(other)
    assert quotient * UNITS.parse(other) == UNITS.parse(one)
    if UNITS.are_compatible(one, other) and UNITS.are_compatible(other, third):
        assert UNITS.factor(one, third) == UNITS.factor(one, other) * UNITS.factor(other, third)


@given(
    st.sampled_from(sorted(word for word in MULTIPLIERS if not word.isascii())),
    st.sampled_from(sorted(CURRENCIES)),
)
def test_multipliers(word: str, currency: str) -> None:
    assert UNITS.factor(word + currency, currency) == MULTIPLIERS[word]


@given(st.text(max_size=12))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        UNITS.parse(text)
    except UnknownUnitError as error:
        assert error.text == text


def test_units_of_the_company() -> None:
    config = UnitsConfig(
        definitions={"大托": "2 * 托盘", "托盘": "48 * 件", "指标分": "[own]", "箱": "12 * 件"},
        aliases={"万元": ["W元", "万"], "托盘": ["pallet"]},
    )
    units = UnitSystem(config)
    assert units.factor("万托盘", "件") == 480_000
    assert units.factor("大托", "pallet") == 2
    assert units.factor("boxes", "件") == 12
    assert units.factor("W元", "元") == 10_000
    assert not units.are_compatible("指标分", "分")
    assert [fault[0] for fault in units.faults] == [("aliases", "万元")]  # 万 means 10,000 already
    assert not UNITS.is_known("托盘")
    assert not UNITS.are_compatible("箱", "件")


@pytest.mark.parametrize(
    ("text", "size", "unit"),
    [
        ("万", 10**4, "1"), ("亿", 10**8, "1"), ("倍", 1, "1"),
        ("千美元", 1000, "USD"), ("百万美元", 100, "万美元"), ("亿欧元", 10**8, "EUR"), ("万港币", 10**4, "HKD"),
        ("万吨", 10**4, "t"), ("亿吨公里", 10**8, "t*km"), ("万人公里", 10**4, "人公里"), ("万标箱", 10**4, "TEU"),
        ("件", 1, "pcs"), ("万件", 10**4, "件"), ("人", 1, "名"), ("万人次", 10**4, "人次"), ("工日", 1, "人天"),
        ("台时", 1, "h"), ("万台时", 10**4, "机时"), ("台", 1, "台"), ("万套", 10**4, "套"), ("万辆", 10**4, "辆"), ("万单", 10**4, "单"),
        ("亿千瓦时", 10**4, "万千瓦时"), ("亿度", 100, "GWh"), ("兆瓦", 1000, "kW"), ("百万千焦", 1, "GJ"), ("万吨标准煤", 10**4, "tce"),
        ("%", 10, "‰"), ("‰", 10, "bp"), ("bp", 1, "个基点"), ("百分点", 100, "BP"), ("个百分点", 1, "pp"), ("pp", 1, "%"),
        ("元/吨", Fraction(1, 1000), "元/公斤"), ("元/千瓦时", 1, "CNY/kWh"), ("美元/桶", 1, "USD/桶"), ("元/人月", 1, "元/人/月"),
        ("万元/人", 10**4, "CNY/人"), ("亿立方米", 10**8, "m3"), ("吨标准煤/万元", Fraction(1, 10), "kgce/元"), ("万亩", 10**4, "亩"),
    ],
)  # fmt: skip
def test_the_units_of_chinese_reports(text: str, size: int | Fraction, unit: str) -> None:
    assert UNITS.factor(text, unit) == size


@pytest.mark.parametrize(
    ("unit", "near"),
    [("万园", "万元"), ("千美园", "千美元"), ("亿吨公理", "吨公里"), ("百分店", "百分点"), ("kwhh", "KWh"), ("台食", "台"), ("元/吨吨", "吨")],
)  # fmt: skip
def test_an_unknown_unit_names_known_ones(tmp_path: Path, unit: str, near: str) -> None:
    """A metric and a column in it are told each at its line."""
    metrics = METRICS.replace(
        "name: 投资, definition: d, unit: CNY", f"name: 投资, definition: d, unit: {unit}"
    )
    (told,) = faults(tmp_path, metrics__sales=metrics)
    line = line_of(metrics, "name: 投资")
    assert told.startswith(f"metrics/sales.yaml:{line}: unknown unit '{unit}'; did you mean ")
    assert near in told
    finance = FINANCE.replace("{metric: revenue, unit: 万元}", f"{{metric: revenue, unit: {unit}}}")
    (told,) = faults(tmp_path, metrics__sales=METRICS, sources__finance_close=finance)
    assert told.startswith(
        f"sources/finance_close.yaml:{line_of(finance, '营业收入: {')}: unknown unit '{unit}'; "
    )
