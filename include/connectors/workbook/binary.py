"""What the reader hides in an .xlsb: errors, merges, what is hidden, formats, by one pass over its BIFF12 records.

Runs inside the reading child.
"""

import struct
from collections.abc import Iterator

from include.connectors.workbook.formats import BUILT_IN, Gathering, Style, combine
from include.connectors.workbook.legacy import error_text
from include.connectors.workbook.refusing import refusal
from include.connectors.workbook.structure import Package, Part, Structure

_ROW, _ERRORS, _SHORT_ERROR, _MERGE, BUNDLE_SHEET = 0, (3, 11), 14, 176, 156
_CELLS, _SHORT_CELLS = range(1, 19), 12
_COLUMN, _FORMAT, _STYLE, _BEGIN_STYLES, _END_STYLES = 60, 44, 47, 617, 618
_STATES = ("visible", "hidden", "veryHidden", "visible")


class BinaryPackage(Package):
    """The parts of an .xlsb that name the sheets, read once per file."""

    root = "xl/workbook.bin"

    def examine(self, name: str, index: int = 0) -> Structure:  # noqa: ARG002 - others go by it
        """Return the structure of a sheet; raises RefusedError where its part is missing or damaged."""
        found, row, col = Structure(), 0, 0
        styles, styled = self._styles, Gathering()
        for kind, record in walk(self.read_part(name)):
            if kind in _CELLS:
                is_short = kind >= _SHORT_CELLS
                col = col + 1 if is_short else struct.unpack_from("<I", record)[0]
                if styles and (number := _style_of(record, 0 if is_short else 4)) in styles:
                    styled.add(row + 1, col + 1, number)
                if kind in _ERRORS:
                    found.errors[row + 1, col + 1] = error_text(record[8])
                elif kind == _SHORT_ERROR:
                    found.errors[row + 1, col + 1] = error_text(record[4])
            elif kind == _ROW:
                row = struct.unpack_from("<I", record)[0]
                if record[11] & 0x10:
                    found.hidden_rows.append(row + 1)
            elif kind == _MERGE:
                top, bottom, left, right = struct.unpack_from("<4I", record)
                found.merged.append((top + 1, left + 1, bottom + 1, right + 1))
            elif kind == _COLUMN and record[16] & 1:
                first, last = struct.unpack_from("<2I", record)
                found.hidden_columns.append((first + 1, last + 1))
        found.styled = styled.close(styles)
        return found

    def _read_workbook(self, targets: dict[str, tuple[str, str]]) -> None:
        for kind, record in walk(self.read_root()):
            if kind == BUNDLE_SHEET:
                relation, end = _wide_string(record, 8)
                sheet, _ = _wide_string(record, end)
                if relation in targets:
                    self.sheets[sheet] = Part(sheet, _STATES[record[0] & 3], *targets[relation])

    def _read_styles(self) -> dict[int, Style]:
        content = self.read_by_type("styles")
        formats, styles, inside = dict(BUILT_IN), [], False
        for kind, record in walk(content or b""):
            if kind in (_BEGIN_STYLES, _END_STYLES):
                inside = kind == _BEGIN_STYLES
            elif kind == _FORMAT:
                formats[struct.unpack_from("<H", record)[0]] = _wide_string(record, 2)[0]
            elif kind == _STYLE and inside:
                styles.append((struct.unpack_from("<H", record, 2)[0], record[11]))
        return combine(formats, styles)


def _style_of(record: bytes, start: int) -> int:
    return int.from_bytes(record[start : start + 3], "little")


def walk(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (type, data) of each record; raises RefusedError with damaged_file where they don't fill the part."""
    position, size = 0, len(content)
    try:
        while position < size:
            kind = content[position]
            position += 1
            if kind & 0x80:
                kind = (kind & 0x7F) | (content[position] & 0x7F) << 7
                position += 1
            length = shift = 0
            while True:
                byte = content[position]
                position += 1
                length |= (byte & 0x7F) << shift
                shift += 7
                if not byte & 0x80 or shift == 28:
                    break
            record = content[position : position + length]
            position += length
            if position > size:
                break
            yield kind, record
        else:
            return
    except (IndexError, struct.error):
        pass
    raise refusal("damaged_file", detail="a part ends within a record")


def _wide_string(record: bytes, start: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<I", record, start)
    end = start + 4 + 2 * length
    return record[start + 4 : end].decode("utf-16-le", "replace"), end
