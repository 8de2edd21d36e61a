"""Find declared columns and rows by the labels that stand on a sheet, and the units that labels state."""

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from include.batch import cell_name
from include.catalogue.units import is_never_unit
from include.coerce.plain import INVISIBLE
from include.connectors.workbook.reading import Sheet
from include.errors import Finding

_BRACKETS = re.compile(r"^(.*\S)\s*[(\[（【]\s*([^()\[\]（）【】]+?)\s*[)\]）】]$", re.DOTALL)
_UNIT_NOTE = re.compile(
    r"(?:计量|金额|货币)?单位\s*[:：]\s*([^\s:：;；]+)|\bunits?\s*:\s*([^\s:;]+)", re.IGNORECASE
)
_NOTE = re.compile(
    r"^\s*(?:备?注\d*\s*[:：.、)）]|说明|附注|数据来源|来源|制表|填表|编制|审核|复核|负责人|打印|单位\s*[:：]|[*※]|"
    r"(?:notes?|sources?|remarks?|prepared|reviewed|approved|printed)\b)",
    re.IGNORECASE,
)
_UNSEEN = dict.fromkeys(map(ord, INVISIBLE))
MONEY = re.compile(r"元|圆|人民币|CNY|RMB|USD|EUR|HKD|JPY|GBP|[¥￥$€£]", re.IGNORECASE)


@dataclass(frozen=True)
class Label:
    """A text that may name a column or row; `at` is its column or row number, `cell` its place.

    `path` are the labels that it stands below by its indent, and its own, without units: `营业收入/外销`.
    """

    text: str
    at: int
    cell: str
    path: str = ""


@dataclass
class Match:
    """What was found for the declared names.

    `found` is the column or row number, `units` the unit that the label states and `unit_cells` the label's
    cell, `problems` what is wrong, `extra` the labels that no declared name claims.
    """

    found: dict[str, int] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    unit_cells: dict[str, str] = field(default_factory=dict)
    problems: list[Finding] = field(default_factory=list)
    extra: list[Label] = field(default_factory=list)


def plain(text: str) -> str:
    """Return a label as compared: NFKC (full-width forms and brackets unified), runs of blanks as one.

    Characters that nobody sees don't count.
    """
    return " ".join(unicodedata.normalize("NFKC", text.translate(_UNSEEN)).split())


def split_unit(text: str) -> tuple[str, str]:
    """Return (name, unit) of a label such as `销售额（万元）`; the unit is '' where no brackets end it.

    What stands in brackets needn't be a unit (`（含税）`): `include.validate`, which knows them all, judges it.
    """
    found = _BRACKETS.match(text.strip())
    return (
        (found[1].strip(), found[2].strip()) if found and not is_never_unit(found[2]) else (text.strip(), "")
    )


def is_note(text: str) -> bool:
    """Tell whether a cell's text reads like a footnote or signature line rather than a value."""
    return bool(_NOTE.match(text))


def unit_note(sheet: Sheet, before_row: int) -> tuple[str, str]:
    """Return the unit named in a `单位：万元` note above `before_row`, and its cell; '' where there is none."""
    for row in range(sheet.first_row, before_row):
        for col, text in sheet.row(row).items():
            if found := _UNIT_NOTE.search(text):
                return (found[1] or found[2]).strip("()（）[]【】,，。"), cell_name(row, col)
    return "", ""


def join_headers(sheet: Sheet, first: int, last: int) -> list[Label]:
    """Return one label per column: the texts of rows first..last joined by `/` from top to bottom.

    A merged cell counts for every column it covers, once; blank parts are left out; columns without any text
    have no label.
    """
    covering = {
        (row, col): (top, left)
        for top, left, bottom, right in sheet.merged
        for row in range(max(top, first), min(bottom, last) + 1)
        for col in range(left, min(right, sheet.last_col) + 1)
    }
    labels = []
    for col in range(sheet.first_col, sheet.last_col + 1):
        origins = dict.fromkeys(covering.get((row, col), (row, col)) for row in range(first, last + 1))
        parts = [(sheet.text(*origin) or "").strip() for origin in origins]
        if text := "/".join(" ".join(part.split()) for part in parts if part):
            labels.append(Label(text, col, cell_name(last, col)))
    return labels


def add_paths(labels: Sequence[Label], indents: Sequence[int]) -> list[Label]:
    """Return labels, each with its path where it stands in below another; `indents` is one number a label."""
    above: list[tuple[int, str]] = []
    found = []
    for label, indent in zip(labels, indents, strict=True):
        while above and above[-1][0] >= indent:
            above.pop()
        path = "/".join([*(text for _, text in above), split_unit(label.text)[0]])
        found.append(replace(label, path=path) if above else label)
        above.append((indent, split_unit(label.text)[0]))
    return found


def indent_of(text: str) -> int:
    """Return by how many half-width blanks a text stands in."""
    bare = text.lstrip()
    return sum(2 if char == "\u3000" else 1 for char in text[: len(text) - len(bare)])


def match_labels(
    declared: Mapping[str, Sequence[str]],
    labels: Sequence[Label],
    missing_code: str,
    ignored: Mapping[str, Sequence[str]] | None = None,
) -> Match:
    """Match declared names (each with its aliases) to labels; `ignored` ones claim theirs, and that is all.

    A label equal to the declared name wins, then one equal after `plain`, then an alias, then a name or alias
    followed by a unit in brackets, then the path of an indented label. Two labels for one name are a
    duplicate_label; a name without a label is a `missing_code` finding that names the nearest label. A label of no
    text stands for a row that has lost its own.
    """
    match, free = Match(), list(labels)
    ignored = ignored or {}
    pending = {**declared, **ignored}
    for level in (_equals, _equals_plain, _equals_alias, _equals_without_unit, _equals_path):
        for name in list(pending):
            hits = [label for label in free if level(label, name, pending[name])]
            if not hits:
                continue
            del pending[name]
            free = [label for label in free if label not in hits]
            if name not in ignored:
                _take(match, name, hits)
    for name, aliases in declared.items():
        if name in match.found and (
            again := [label for label in free if _equals_alias(label, name, aliases)]
        ):
            match.problems.append(_duplicate(name, again))
            free = [label for label in free if label not in again]
    absent = [name for name in pending if name in declared]
    only = len(absent) == 1 and all(label.text for label in labels)
    match.problems.extend(_missing(name, labels, free, only, missing_code) for name in absent)
    match.extra = free
    return match


def _take(match: Match, name: str, hits: list[Label]) -> None:
    if len(hits) > 1:
        match.problems.append(_duplicate(name, hits))
        return
    match.found[name] = hits[0].at
    if unit := split_unit(hits[0].text)[1]:
        match.units[name] = unit
        match.unit_cells[name] = hits[0].cell


def _duplicate(name: str, hits: list[Label]) -> Finding:
    cells = ", ".join(label.cell for label in hits)
    return Finding(
        "duplicate_label", found=hits[0].text, cell=hits[0].cell, column=name, params={"cells": cells}
    )


def _missing(name: str, labels: Sequence[Label], free: Sequence[Label], only: bool, code: str) -> Finding:
    """Return the finding of a name without label; the label that nobody claims and looks most like it is the nearest.

    Where it is the `only` such name and one label is free, that is meant whatever it looks like.
    """
    candidates = {plain(split_unit(label.text)[0]): label for label in reversed(free)}
    nearest = difflib.get_close_matches(plain(split_unit(name)[0]), candidates, n=1, cutoff=0.5)
    label = candidates[nearest[0]] if nearest else free[0] if only and len(free) == 1 else None
    present = "、".join(label.text for label in labels[:20] if label.text)
    return Finding(
        code,
        found=label.text if label else "",
        cell=label.cell if label else "",
        column=name,
        params={"nearest": label.text if label else "", "present": "" if label else present},
    )


def _equals(label: Label, name: str, _aliases: Sequence[str]) -> bool:
    return label.text == name.strip()


def _equals_plain(label: Label, name: str, _aliases: Sequence[str]) -> bool:
    return plain(label.text) == plain(name)


def _equals_alias(label: Label, _name: str, aliases: Sequence[str]) -> bool:
    return plain(label.text) in {plain(alias) for alias in aliases}


def _equals_without_unit(label: Label, name: str, aliases: Sequence[str]) -> bool:
    bare, unit = split_unit(label.text)
    return bool(unit) and plain(bare) in {plain(name), *(plain(alias) for alias in aliases)}


def _equals_path(label: Label, name: str, aliases: Sequence[str]) -> bool:
    return bool(label.path) and plain(label.path) in {plain(text) for text in (name, *aliases)}
