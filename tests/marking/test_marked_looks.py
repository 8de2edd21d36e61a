"""Marked copies as another program shows them: LibreOffice opens them and prints the marks."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.marking.books import write_rich_book
from tests.marking.test_marking import FINDINGS, give

NEEDED = ("soffice", "pdftoppm", "pdftotext")
MISSING = [program for program in NEEDED if shutil.which(program) is None]


@pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_libreoffice_prints_the_colours_and_the_list(tmp_path: Path, ending: str) -> None:
    book = tmp_path / f"in{ending}"
    if ending == ".csv":
        book.write_text("单位,月份,收入\np1,2026-03,1\n\n\np2,2026-03,many\n", "utf-8")
    else:
        write_rich_book(book)
    given = give(book, FINDINGS if ending == ".xlsx" else [f for f in _plain() if f.cell], f"三月{ending}")
    subprocess.run(
        ("soffice", f"-env:UserInstallation=file://{tmp_path}/lo", "--headless", "--convert-to", "pdf",
         "--outdir", tmp_path, given.path),
        check=True, capture_output=True, timeout=110,
    )  # fmt: skip
    pdf = tmp_path / "三月.pdf"
    text = subprocess.run(("pdftotext", "-layout", pdf, "-"), check=True, capture_output=True).stdout.decode()
    assert "处错误" in text and "怎么办" in text and "many" in text
    subprocess.run(("pdftoppm", "-r", "40", "-f", "1", "-l", "1", pdf, tmp_path / "page"), check=True)
    (page,) = tmp_path.glob("page*.ppm")
    assert page.read_bytes().count(b"\xff\xc7\xce") > 100, "the fill of the marked cells"


def _plain() -> list:
    return [type(f)(f.code, found=f.found, cell=f.cell, column=f.column, params=f.params) for f in FINDINGS]
