"""Random texts in cells and random damage to good sheets: the true value, or a refusal with a code; nothing else.

KPI_TEST_EXAMPLES says how many workbooks of each kind are tried: with --long 400 of twelve texts and 1,600 damaged ones.
"""

import os
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.catalogue import Catalogue, load_catalogue
from tests.hazards.building import book
from tests.hazards.company import RECORDS, write_company
from tests.hazards.in_process import fetch_here
from tests.hazards.oracle import narrow, true_month, true_number
from tests.hazards.playing import Outcome, play

EXAMPLES = os.environ.get("KPI_TEST_EXAMPLES")  # the tests themselves run in an environment of their own
UNITS = {name: unit for unit, names in {
    "east": ("华东", "华东公司", "east", "East"), "south": ("华南", "华南公司", "south", "South"),
    "north": ("华北", "华北公司", "north", "North")}.items() for name in names}  # fmt: skip
HEADER = ["单位", "月份", "销售额"]
Row = list[Any]
Play = Callable[[str, list[Row]], Outcome]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Play:
    sources = {"whole": RECORDS, "slices": RECORDS + "accept: slices\n"}
    company: Catalogue = load_catalogue(write_company(tmp_path_factory.mktemp("config"), sources))

    def run(source: str, rows: list[Row]) -> Outcome:
        with tempfile.TemporaryDirectory() as folder:
            return play(company, source, book(rows)(Path(folder)), fetch_here)

    return run


PIECES = st.sampled_from(
    [
        *"0123456789",
        *"0123456789",
        *".,-+()%¥$€*/'\" ",
        *"－（），．１２３￥％—–−①②½²Ⅳ٣万千百元一二",
        "E+05",
        "\u200b",
        "\u202e",
        "\u00a0",
        "\ufeff",
        "\u202d",
        "123",
        "1,234",
        "12,5",
        "1.5",
        "(5)",
        "万元",
        "N/A",
        "#REF!",
        "TRUE",
        "2026-01",
        "=1",
    ]
)
TEXTS = st.lists(PIECES, min_size=1, max_size=7).map("".join) | st.text(max_size=6)


def fits_a_cell(text: str) -> bool:
    return all(
        char >= " " and char not in "\ufffe\uffff" and not 0xD800 <= ord(char) < 0xE000 for char in text
    )


def check_texts(played: Play, texts: list[str]) -> None:
    """Each text stands in a month of its own: what is accepted there is what the text truly says."""
    rows = [[*HEADER], *(["华东", f"2026-{month:02d}", text] for month, text in enumerate(texts, 1))]
    outcome = played("slices", rows)
    for month, text in enumerate(texts, 1):
        found = outcome.facts.get(f"revenue east 2026-{month:02d}", [])
        truth = true_number(text)
        assert len(found) <= 1
        if found:
            assert truth is not None and found == [truth], f"{text!r} was read as {found[0]}"


CELLS = st.lists(
    TEXTS.filter(fits_a_cell).filter(lambda text: not text.startswith("=")), min_size=12, max_size=12
)


@settings(max_examples=int(EXAMPLES or 6), deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=CELLS)
def test_random_texts_are_read_right_or_refused(played: Play, texts: list[str]) -> None:
    check_texts(played, texts)


@pytest.mark.long
@pytest.mark.timeout(1800)
@settings(max_examples=int(EXAMPLES or 400), deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=CELLS)
def test_many_random_texts_are_read_right_or_refused(played: Play, texts: list[str]) -> None:
    check_texts(played, texts)


def spell(number: Decimal, style: int) -> str:
    """Return a sure spelling of a number."""
    size = format(abs(number), "f")
    grouped = format(abs(number), ",f")
    minus = "-" if number < 0 else ""
    wide = "".join(chr(ord(char) + 0xFEE0) for char in minus + size)
    forms = [minus + size, minus + grouped, f"({grouped})" if minus else grouped, wide, f"{minus}¥{grouped}",
             f" \u00a0{minus}{size}\u3000", f"\ufeff{minus}{size}", grouped + minus, f"￥ {size}" if not minus else f"￥({size})"]  # fmt: skip
    return forms[style % len(forms)]


NUMBERS = st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, places=2)


@settings(max_examples=int(EXAMPLES or 6), deadline=None, suppress_health_check=list(HealthCheck))
@given(numbers=st.lists(st.tuples(NUMBERS, st.integers(0, 8)), min_size=12, max_size=12))
def test_sure_spellings_are_read(played: Play, numbers: list[tuple[Decimal, int]]) -> None:
    texts = [spell(number, style) for number, style in numbers]
    rows = [[*HEADER], *(["华东", f"2026-{month:02d}", text] for month, text in enumerate(texts, 1))]
    outcome = played("whole", rows)
    assert not outcome.codes, texts
    assert outcome.facts == {f"revenue east 2026-{month:02d}": [n] for month, (n, _) in enumerate(numbers, 1)}


DAMAGE = st.one_of(
    st.tuples(st.sampled_from(["title", "note", "blank", "shift", "extra", "repeat_header", "copy", "drop"]), st.integers(0, 5), st.just("")),
    st.tuples(st.sampled_from(["value", "month", "unit", "header", "total", "extra_text"]), st.integers(0, 5), TEXTS.filter(fits_a_cell)),
    st.tuples(st.just("month"), st.integers(0, 5), st.sampled_from(
        ["2026年3月", "2026-3", "202604", "2026.1", "2026.10", "1-2月", "46082", "2026/05", "民国115年3月", "３月", "２０２６年６月"])),
    st.tuples(st.just("unit"), st.integers(0, 5), st.sampled_from(["华东公司", "East", "华中", "合计", "小计", "其中：华东", "全部", "华东合计"])),
    st.tuples(st.just("order"), st.integers(0, 5), st.just("")),
)  # fmt: skip
GOOD = st.lists(
    st.tuples(st.sampled_from(["华东", "华南", "华北"]), st.integers(1, 6), st.integers(-999, 99999)),
    min_size=1, max_size=5, unique_by=lambda row: row[:2],
)  # fmt: skip


def damage(rows: list[Row], how: tuple[str, int, str]) -> None:
    """Change a sheet in place; rows are [unit, month, value, marks...], the first one the header."""
    kind, at, text = how
    header = next(
        place
        for place, row in enumerate(rows)
        if row[1:2] == ["月份"] or row[2:3] == ["销售额"] or row[:1] == ["单位"]
    )
    record = min(header + 1 + at, len(rows) - 1)
    match kind:
        case "title":
            rows.insert(header, ["销售月报"])
        case "note":
            rows.append(["注：不含税"])
        case "blank":
            rows.insert(record, [])
        case "repeat_header":
            rows.insert(record, list(rows[header]))
        case "copy":
            rows.append(list(rows[record]))
        case "drop" if record > header:
            del rows[record]
        case "total":
            rows.append(["合计", None, text])
        case "value" | "month" | "unit" if record > header and len(rows[record]) == 3:
            rows[record][{"unit": 0, "month": 1, "value": 2}[kind]] = text
        case "header":
            rows[header][at % 3] = text


def arrange(rows: list[Row], changes: list[tuple[str, int, str]]) -> list[Row]:
    """Return the sheet with its columns in another order, shifted, and with one that nobody declared."""
    for kind, at, text in changes:
        if kind in {"extra", "extra_text"}:
            rows = [[*row, text or at] if len(row) == 3 else row for row in rows]
        if kind == "order":
            rows = [row[at % 3 :] + row[: at % 3] if len(row) == 3 else row for row in rows]
        if kind == "shift":
            rows = [[None] * at + row for row in rows]
    return rows


def true_facts(rows: list[Row]) -> dict[str, list[Decimal]]:
    """Return what the records say, as far as they say it for sure; rows as before they were arranged."""
    facts: dict[str, list[Decimal]] = {}
    for row in rows:
        if len(row) < 3 or row == HEADER or row[2] is None:
            continue
        unit = UNITS.get(narrow(str(row[0] or "")))
        month, number = true_month(str(row[1] or "")), true_number(str(row[2]))
        if unit and month and number is not None:
            facts.setdefault(f"revenue {unit} {month}", []).append(number)
    return {key: sorted(values) for key, values in facts.items()}


def check_damaged(
    played: Play, good: list[tuple[str, int, int]], changes: list[tuple[str, int, str]]
) -> None:
    rows: list[Row] = [[*HEADER], *([unit, f"2026-{month:02d}", value] for unit, month, value in good)]
    for change in changes:
        damage(rows, change)
    truth = true_facts(rows)
    outcome = played("whole", arrange(rows, changes))
    if not outcome.codes:
        found = {key: sorted(values) for key, values in outcome.facts.items()}
        assert found == truth, f"read {found}, true is {truth}"
    elif all(kind in {"title", "note", "blank", "shift", "repeat_header", "extra"} for kind, _, _ in changes):
        raise AssertionError(f"a good sheet was refused: {outcome.codes}")


@settings(max_examples=int(EXAMPLES or 12), deadline=None, suppress_health_check=list(HealthCheck))
@given(good=GOOD, changes=st.lists(DAMAGE, max_size=4))
def test_damaged_sheets_are_read_right_or_refused(
    played: Play, good: list[tuple[str, int, int]], changes: list[tuple[str, int, str]]
) -> None:
    check_damaged(played, good, changes)


@pytest.mark.long
@pytest.mark.timeout(1800)
@settings(max_examples=int(EXAMPLES or 1600), deadline=None, suppress_health_check=list(HealthCheck))
@given(good=GOOD, changes=st.lists(DAMAGE, max_size=4))
def test_many_damaged_sheets_are_read_right_or_refused(
    played: Play, good: list[tuple[str, int, int]], changes: list[tuple[str, int, str]]
) -> None:
    check_damaged(played, good, changes)
