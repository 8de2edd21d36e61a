"""What the marked copy says, in the clerk's language: comments on cells, and the list of all findings."""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from include.errors import Finding
from include.messages import word

MOST_MARKS, MOST_LISTED, MOST_IN_CELL = 2_000, 2_000, 4
_LONGEST = 300
_WORDS = {
    "refused": (
        "本文件被退回，未计入：{count} 处错误",
        "This file was refused, nothing of it counts: {count} error(s)",
    ),
    "held": (
        "本文件部分计入，其余暂缓：{count} 处错误",
        "This file counts in part, the rest is held: {count} error(s)",
    ),
    "how_marked": (
        "有错的单元格已标红并附批注。请改正后保存，重新放入 inbox/{source}/；标色、批注和本页不必删除。",
        "Each wrong cell is coloured and has a comment. Correct it, save, and drop the file into inbox/{source}/ "
        "again. Colours, comments and this sheet may stay.",
    ),
    "how_values": (
        "这是原文件数值的副本（不含公式和格式），有错的单元格已标红并附批注。请在原文件中改正，"
        "或改正本副本后放入 inbox/{source}/；标色、批注和本页不必删除。",
        "This is a copy of the original's values (without formulas and formats); each wrong cell is coloured and has "
        "a comment. Correct the original, or this copy, and drop it into inbox/{source}/. Colours, comments and this "
        "sheet may stay.",
    ),
    "how_report": (
        "原文件无法加标注，因此附上这份清单。请在原文件中按下列位置改正后，重新放入 inbox/{source}/。",
        "The original couldn't be marked; this list goes with it. Correct the original at the places below and drop it "
        "into inbox/{source}/ again.",
    ),
    "capped": (
        "问题太多：只标注了前 {marked} 个单元格，列出了前 {listed} 条；全部见退回文件夹中的 .json 清单。",
        "So many findings: only the first {marked} cells are marked and the first {listed} listed; the .json list in "
        "the rejected folder has all.",
    ),
    "returned": ("指标台账：请改正", "Metric Ledger: please correct"),
    "rule": ("规则：", "Rule: "),
    "found": ("填写的是：", "Found: "),
    "expected": ("应为：", "Expected: "),
    "remedy": ("怎么办：", "What to do: "),
    "more": ("本单元格另有 {count} 个问题，见清单。", "{count} more for this cell: see the list."),
    "error": ("错误", "error"),
    "warning": ("提醒", "warning"),
    "whole": ("整个文件", "whole file"),
}
_HEADS = {
    "zh": ("级别", "位置（点击跳转）", "列", "填写的是", "问题", "应为", "怎么办"),
    "en": ("Level", "Where (click)", "Column", "Found", "What is wrong", "Expected", "What to do"),
}
_WIDTHS = (8, 24, 16, 20, 32, 32, 46)


def say(key: str, language: str, **values: object) -> str:
    """Return fixed words in `language`."""
    return _WORDS[key][0 if language == "zh" else 1].format(**values)


def write_marks(findings: Iterable[Finding], language: str) -> dict[str, dict[str, str]]:
    """Return the comment of each wrong cell, `{sheet: {cell: text}}`, for the first MOST_MARKS cells."""
    by_cell: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        place = (finding.sheet, finding.cell)
        if finding.level == "error" and finding.cell and (place in by_cell or len(by_cell) < MOST_MARKS):
            by_cell.setdefault(place, []).append(finding)
    marks: dict[str, dict[str, str]] = {}
    for (sheet, cell), own in by_cell.items():
        marks.setdefault(sheet, {})[cell] = _write_comment(own, language)
    return marks


def _write_comment(findings: Sequence[Finding], language: str) -> str:
    parts = [say("returned", language)]
    for finding in findings[:MOST_IN_CELL]:
        lines = [f"■ {_part(finding, 'title', language)}"]
        lines += [say("rule", language) + tidy(finding.rule)] if finding.rule else []
        lines += [say("found", language) + _quote(finding.found, language)] if finding.found else []
        for part in ("expected", "remedy"):
            text = _part(finding, part, language)
            lines += [say(part, language) + text] if text else []
        parts.append("\n".join(lines))
    if len(findings) > MOST_IN_CELL:
        parts.append(say("more", language, count=len(findings) - MOST_IN_CELL))
    return "\n".join(parts)


def write_listing(
    findings: Sequence[Finding], language: str, source: str, *, kind: str, is_held: bool
) -> dict[str, Any]:
    """Return the content of the summary sheet, errors first: see `summary.write_summary`.

    `kind` is marked, values or report: what the sheet stands in.
    """
    errors = [finding for finding in findings if finding.level == "error"]
    told = [*errors, *(finding for finding in findings if finding.level != "error")][:MOST_LISTED]
    cells = {(finding.sheet, finding.cell) for finding in errors if finding.cell}
    lines = [say(f"how_{kind}", language, source=source)]
    if len(cells) > MOST_MARKS or len(findings) > MOST_LISTED:
        lines.append(
            say(
                "capped", language, marked=min(len(cells), MOST_MARKS), listed=min(len(findings), MOST_LISTED)
            )
        )
    return {
        "title": say("held" if is_held else "refused", language, count=sum(error.faults for error in errors)),
        "lines": lines,
        "heads": _HEADS["zh" if language == "zh" else "en"],
        "widths": _WIDTHS,
        "rows": [_write_row(finding, language) for finding in told],
        "links": [(finding.sheet, finding.cell) for finding in told],
    }


def _write_row(finding: Finding, language: str) -> list[str]:
    place = "!".join(filter(None, (tidy(finding.sheet), tidy(finding.cell)))) or say("whole", language)
    title = _part(finding, "title", language) + (f" ({tidy(finding.rule)})" if finding.rule else "")
    return [
        say("error" if finding.level == "error" else "warning", language),
        place,
        tidy(finding.column),
        tidy(finding.found),
        title,
        _part(finding, "expected", language),
        _part(finding, "remedy", language),
    ]


def _part(finding: Finding, part: str, language: str) -> str:
    return tidy(word(finding, part, "zh" if language == "zh" else "en"))


def _quote(text: str, language: str) -> str:
    return f"「{tidy(text)}」" if language == "zh" else f"“{tidy(text)}”"


def tidy(text: str) -> str:
    """Return foreign text as one visible line: nothing that breaks lines, turns the writing or has no width."""
    shown = (
        " " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c
        for c in text[: _LONGEST * 4]
        if unicodedata.category(c) not in ("Cf", "Cs", "Co", "Cn")
    )
    line = " ".join("".join(shown).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
