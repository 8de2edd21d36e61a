"""The workbook that a department fills in, made from its source's declaration."""

import datetime as dt
from fnmatch import fnmatchcase
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from include.batch import cell_name
from include.catalogue import Catalogue
from include.catalogue.models import Column, Measure, OrgLevel, Place, WorkbookSource
from include.connectors.workbook.form import form_cells
from include.connectors.workbook.labels import split_unit
from include.connectors.workbook.structure import column_number

_FILL_ROWS = 1000
_HEADER = PatternFill("solid", start_color="DDEBF7")
_INPUT = PatternFill("solid", start_color="FFF9E5")
_FORMATS = {"integer": "#,##0", "decimal": "#,##0.00####", "date": "yyyy-mm-dd", "boolean": "General"}


def write_template(source: WorkbookSource, catalogue: Catalogue, target: Path, today: dt.date) -> None:
    """Write the template of `source` to `target` (.xlsx): filled in as it stands, `fetch` reads it.

    Labels carry their unit in brackets; org units and allowed values are drop-downs from a hidden sheet; a
    matrix has the periods of the calendar year of `today`; a sheet explains the columns in Chinese and
    English. Every text is written as text, whatever it begins with.
    """
    _Template(source, catalogue, today).save(target)


class _Template:
    def __init__(self, source: WorkbookSource, catalogue: Catalogue, today: dt.date) -> None:
        self.source, self.catalogue, self.today = source, catalogue, today
        self.book = Workbook()
        self.lists = self.book.create_sheet("_lists")
        self.lists.sheet_state = "hidden"
        self.lists_used = 0

    def save(self, target: Path) -> None:
        sheets = self._sheet_names()
        active = self.book.active
        assert isinstance(active, Worksheet)
        for index, name in enumerate(sheets):
            sheet = active if index == 0 else self.book.create_sheet(name, index)
            sheet.title = name
            {"records": self._records, "matrix": self._matrix, "form": self._form}[self.source.layout.kind](
                sheet
            )
            self._places(sheet)
        if not any(fnmatchcase("说明 Instructions", pattern) for pattern in self.source.layout.sheet or ()):
            self._instructions(self.book.create_sheet("说明 Instructions", len(sheets)))
        self.book.save(target)

    def _sheet_names(self) -> list[str]:
        declared = [name.strip() for name in self.source.layout.sheet or ()]
        return [name.replace("*", "1").replace("?", "1") for name in declared] or ["数据"]

    def _title(self) -> str:
        name = self.source.name
        return (
            f"{name.zh or name.en} {name.en if name.zh and name.en != name.zh else ''}".strip()
            if name
            else self.source.source
        )

    def _header_rows(self, sheet: Worksheet) -> tuple[int, int]:
        layout = self.source.layout
        first, last = layout.header_rows or ((layout.header_row,) * 2 if layout.header_row else (3, 3))
        if first > 1:
            _put(sheet, 1, 1, self._title()).font = Font(bold=True, size=14)
        return first, last

    def _records(self, sheet: Worksheet) -> None:
        first, last = self._header_rows(sheet)
        columns = {name: column for name, column in self.source.columns.items() if column.is_ != "ignore"}
        for place in (self.source.layout.org, self.source.layout.period):
            if place is not None and place.column is not None:
                columns.setdefault(place.column, Column())
        rows = (last + 1, last + min(_FILL_ROWS, self.source.max_rows))
        for col, (name, column) in enumerate(columns.items(), 1):
            parts = _labelled(name, self._unit_of(column)).split("/", last - first)
            for row, part in enumerate(parts, last - len(parts) + 1):
                _head(sheet, row, col, part)
            sheet.column_dimensions[get_column_letter(col)].width = max(14, 2 * len(parts[-1]))
            self._prepare(sheet, (rows[0], col), (rows[1], col), name, column)
        sheet.freeze_panes = cell_name(last + 1, 1)

    def _matrix(self, sheet: Worksheet) -> None:
        _, last = self._header_rows(sheet)
        _head(sheet, last, 1, self.source.layout.row_label or "项目")
        sheet.column_dimensions["A"].width = 32
        periods = self._periods()
        for col, text in enumerate(periods, 2):
            _head(sheet, last, col, text)
            sheet.column_dimensions[get_column_letter(col)].width = 14
        for row, (name, measure) in enumerate(self.source.rows.items(), last + 1):
            _head(sheet, row, 1, _labelled(name, self._unit_of(measure)))
            for col in range(2, len(periods) + 2):
                cell = sheet.cell(row, col)
                cell.number_format, cell.fill = _FORMATS["decimal"], _INPUT
        sheet.freeze_panes = cell_name(last + 1, 2)

    def _form(self, sheet: Worksheet) -> None:
        for name, (row, col) in form_cells(self.source).items():
            column = self.source.columns[name]
            label_at = (row, col - 1) if col > 1 else (row - 1, col)
            if min(label_at) > 0:
                _head(sheet, *label_at, _labelled(name, self._unit_of(column)))
            self._prepare(sheet, (row, col), (row, col), name, column)
            sheet.cell(row, col).fill = _INPUT

    def _places(self, sheet: Worksheet) -> None:
        """Mark the cells in which org unit and period are to be given."""
        layout = self.source.layout
        for place, words, column in (
            (layout.org, "组织 Org", Column.model_validate({"is": "org"})),
            (layout.period, "期间 Period", Column()),
        ):
            if place is None or place.cell is None:
                continue
            row, col = _position(place)
            if col > 1 and sheet.cell(row, col - 1).value is None:
                _head(sheet, row, col - 1, words)
            sheet.cell(row, col).fill = _INPUT
            self._prepare(sheet, (row, col), (row, col), words, column)

    def _prepare(
        self, sheet: Worksheet, first: tuple[int, int], last: tuple[int, int], name: str, column: Column
    ) -> None:
        for row in range(first[0], last[0] + 1):
            sheet.cell(row, first[1]).number_format = _FORMATS.get(column.type, "@")
        choices = self._choices(name, column)
        if not choices:
            return
        self.lists_used += 1
        for row, choice in enumerate(choices, 1):
            _put(self.lists, row, self.lists_used, choice)
        letter = get_column_letter(self.lists_used)
        rule = DataValidation(
            "list", formula1=f"=_lists!${letter}$1:${letter}${len(choices)}", allow_blank=True
        )
        rule.showErrorMessage = True
        rule.errorTitle, rule.error = "不在列表中 Not in the list", "请从下拉列表中选择 Choose from the list"
        rule.add(f"{cell_name(*first)}:{cell_name(*last)}")
        sheet.add_data_validation(rule)

    def _choices(self, name: str, column: Column) -> list[str]:
        place = self.source.layout.org
        if column.is_ == "org" or (place is not None and place.column == name):
            return [self._name_unit(unit) for unit in self._expected_units()]
        return list(column.in_ or ())

    def _expected_units(self) -> list[str]:
        org, expected = self.catalogue.org, self.source.expects.org
        if isinstance(expected, OrgLevel):
            wanted = org.at_level(expected.level, self.today)
            return [unit for unit in org.units if unit in wanted]
        return list(expected or [unit for unit in org.units if org.in_force(unit, self.today)])

    def _name_unit(self, unit: str) -> str:
        """Return the unit's Chinese name, or its id where the name could mean another unit too."""
        name = self.catalogue.org.name_of(unit, "zh")
        return name if self.catalogue.org.resolve(name) == unit else unit

    def _unit_of(self, measure: Measure) -> str:
        if isinstance(measure, Column) and measure.metric is not None and measure.type == "text":
            return ""  # members, not figures
        if measure.metric is None:
            return measure.unit or ""
        return measure.unit or self.catalogue.latest(measure.metric).unit

    def _periods(self) -> list[str]:
        pattern = self.source.layout.periods.pattern if self.source.layout.periods else "{year}年{month}月"
        if "{quarter}" in pattern:
            return [pattern.format(year=self.today.year, quarter=quarter) for quarter in range(1, 5)]
        if "{week}" in pattern:
            year = self.today.isocalendar().year
            weeks = len(self.catalogue.periods.rows(year, year)) - 4  # its weeks, and then its four quarters
            return [pattern.format(year=year, week=week) for week in range(1, weeks + 1)]
        return [pattern.format(year=self.today.year, month=month) for month in range(1, 13)]

    def _instructions(self, sheet: Worksheet) -> None:
        lines = [
            (self._title(), ""),
            (
                "请在本文件中填写并放入文件夹 inbox/" + self.source.source,
                f"Fill this in and drop it in inbox/{self.source.source}",
            ),
            (
                "不要改动表头和行名；单位写在括号中",
                "Leave headers and row labels as they are; units stand in brackets",
            ),
            ("空白单元格表示未报告，零请填 0", "A blank cell means not reported; write 0 for zero"),
        ]
        for name, measure in (*self.source.columns.items(), *self.source.rows.items()):
            zh, en = self._explain(measure)
            lines.append((f"• {name}：{zh}", f"• {name}: {en}"))
        for row, (zh, en) in enumerate(lines, 1):
            _put(sheet, row, 1, zh).alignment = Alignment(wrap_text=True, vertical="top")
            _put(sheet, row, 2, en).alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions["A"].width = sheet.column_dimensions["B"].width = 60

    def _explain(self, measure: Measure) -> tuple[str, str]:
        zh, en = [], []
        if measure.required:
            zh.append("必填")
            en.append("required")
        if measure.metric is not None:
            metric = self.catalogue.latest(measure.metric)
            zh.append(metric.definition.read("zh"))
            en.append(metric.definition.read("en"))
        if unit := self._unit_of(measure):
            zh.append(f"单位 {unit}")
            en.append(f"unit {unit}")
        if isinstance(measure, Column):
            zh.append(f"类型 {measure.type}")
            en.append(f"type {measure.type}")
            if measure.in_:
                zh.append("可选 " + "、".join(measure.in_))
                en.append("one of " + ", ".join(measure.in_))
        return "；".join(zh), "; ".join(en)


def _labelled(name: str, unit: str) -> str:
    return name if not unit or split_unit(name)[1] else f"{name}（{unit}）"


def _position(place: Place) -> tuple[int, int]:
    letters = (place.cell or "A1").rstrip("0123456789")
    return int((place.cell or "A1")[len(letters) :]), column_number(letters)


def _put(sheet: Worksheet, row: int, col: int, text: str) -> Cell:
    """Write a text as text: openpyxl would take one that begins with `=` for a formula."""
    cell = sheet.cell(row, col)
    assert isinstance(cell, Cell)
    cell.value = text
    cell.data_type = "s"
    return cell


def _head(sheet: Worksheet, row: int, col: int, text: str) -> None:
    cell = _put(sheet, row, col, text)
    cell.font, cell.fill = Font(bold=True), _HEADER
    cell.alignment = Alignment(wrap_text=True)
