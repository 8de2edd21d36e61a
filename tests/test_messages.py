"""Every finding has words: both languages, and no placeholder that nobody fills."""

import re
import string
from pathlib import Path

import pytest

from include.errors import Finding
from include.messages import MESSAGES, word

INCLUDE = Path(__file__).resolve().parents[1] / "include"
_CODE = r"[\"']([a-z][a-z_]+)[\"']"
_MADE = [
    re.compile(rf"\b(?:Finding|Failure|refusal|_finding|_counted|_repeated)\(\s*{_CODE}"),
    re.compile(rf"\bcode\s*=\s*{_CODE}"),
    re.compile(rf"\b(?:self\.)?recorder\.check\(\s*{_CODE}"),
]
_ATTRIBUTES = {"found", "sheet", "cell", "column", "org", "period", "rule"}


def codes_in_use() -> dict[str, str]:
    """Return every finding code that the library names, with a file that names it."""
    found: dict[str, str] = {}
    for path in INCLUDE.rglob("*.py"):
        text = path.read_text("utf-8")
        for pattern in _MADE:
            found |= {code: str(path.relative_to(INCLUDE)) for code in pattern.findall(text)}
    return found


def test_every_code_that_is_used_has_words() -> None:
    used = codes_in_use()
    assert len(used) > 40, "the search no longer finds the codes"
    unworded = {code: file for code, file in used.items() if code not in MESSAGES}
    assert not unworded


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_words_are_in_both_languages_with_the_same_placeholders(code: str) -> None:
    parts = MESSAGES[code]
    assert len(parts) == 3
    assert all(parts[0]), "a title is needed in both languages"
    for zh, en in parts:
        assert bool(zh) == bool(en)
        placeholders = [
            {name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (zh, en)
        ]
        assert placeholders[0] == placeholders[1]
        assert not re.search(r"[\u4e00-\u9fff]", en), "English words only"
    if any(parts[2]):
        assert re.search(r"[\u4e00-\u9fff]", parts[2][0]), "Chinese words only"


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_every_placeholder_is_one_that_somebody_fills(code: str) -> None:
    names = {
        name
        for pair in MESSAGES[code]
        for text in pair
        for _, name, _, _ in string.Formatter().parse(text)
        if name
    }
    sources = "\n".join(
        path.read_text("utf-8") for path in INCLUDE.rglob("*.py") if path.name != "messages.py"
    )
    sources += "\n".join(path.read_text("utf-8") for path in (INCLUDE / "sql").rglob("*.sql"))
    unknown = {
        name for name in names - _ATTRIBUTES if not re.search(rf"[\"']{name}[\"']|\b{name}\s*=", sources)
    }
    unknown -= {name for name in unknown if re.search(rf"\b{name}\b", sources) and name.startswith("rival_")}
    assert not unknown


def test_a_missing_param_hides_no_refusal() -> None:
    assert word(Finding("below_min", found="-1"), "expected", "en") == "at least "
    assert word(Finding("below_min", params={"min": "0"}), "expected", "zh") == "不小于 0"


def test_kinds_of_values_are_told_in_chinese() -> None:
    finding = Finding(
        "type_changed", column="sales", params={"before": "integer", "now": "decimal or integer"}
    )
    assert word(finding, "title", "zh") == "列 sales 的类型由 整数 变为 小数或整数"
    odd = Finding("type_changed", column="sales", params={"before": "integer", "now": "decimal or mine"})
    assert "decimal or mine" in word(odd, "title", "zh")
