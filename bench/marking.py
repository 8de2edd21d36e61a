"""What marking costs: `python -m bench.marking [ROWS [MARKS]]`, 500,000 rows x 12 columns and 1,000 marks by default.

Prints the seconds of processor, the greatest memory and the size of the child that makes the marked copy.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

import xlsxwriter

from include.errors import Finding
from include.marking import Delivery, give_back

COLUMNS = 12


def main(rows: int, marks: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        book = _write_book(Path(name) / "in.xlsx", rows)
        step = rows // marks
        findings = [
            Finding("not_a_number", sheet="Sheet1", cell=f"C{1 + place * step}", column="c", found="x")
            for place in range(marks)
        ]
        start = time.perf_counter()
        given = give_back(Delivery(book, book.name, "book"), findings, "zh", Path(name) / "back")
        wall = time.perf_counter() - start
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert given is not None
        print(f"{rows:,} x {COLUMNS}, {marks:,} marks, {book.stat().st_size / 1e6:.1f} MB: {given.kind}")
        print(
            f"{used.ru_utime + used.ru_stime:.1f} CPU s ({wall:.1f} s), {used.ru_maxrss / 1024:.0f} MiB at most"
        )


def _write_book(path: Path, rows: int) -> Path:
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet()
    for row in range(rows):
        sheet.write_string(row, 0, f"unit {row % 50}")
        for col in range(1, COLUMNS):
            sheet.write_number(row, col, row * 1.25 + col)
    book.close()
    return path


if __name__ == "__main__":
    main(
        *(
            int(argument.replace(",", ""))
            for argument in (sys.argv[1:] + ["500000", "1000"][len(sys.argv) - 1 :])
        )
    )
