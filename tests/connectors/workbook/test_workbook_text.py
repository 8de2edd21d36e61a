"""Text files: encodings and delimiters are detected and told; what doesn't parse strictly is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from include.catalogue.models import WorkbookSource
from include.connectors.workbook import fetch, read_workbook
from include.connectors.workbook.refusing import Limits
from include.connectors.workbook.text import read_text
from include.errors import Finding

MakeSource = Callable[..., WorkbookSource]
Refused = Callable[..., list[Finding]]
COLUMNS = {"工厂": {"is": "org", "required": True}, "良率": {"metric": "yield", "type": "decimal"}}


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gbk", "gb18030"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16"),
    ],
)
def test_encoding_and_delimiter_are_detected_and_told(
    make_source: MakeSource, tmp_path: Path, encoding: str, told: str
) -> None:
    delimiter = {"utf-8": ";", "gbk": "\t"}.get(encoding, ",")
    number = "1000" if delimiter == ";" else "1,000"  # beside semicolons a comma may stand before decimals
    path = tmp_path / "quality.csv"
    rows = [["工厂", "良率"], ["苏州,甲;", "0.985"], ['北"厂\n二', number], ["001", ""]]
    quoted = ['"' + text.replace('"', '""') + '"' for row in rows for text in row]
    lines = [delimiter.join(quoted[index : index + 2]) for index in range(0, len(quoted), 2)]
    path.write_bytes("\r\n".join(lines).encode(encoding))
    reported = fetch(make_source(columns=COLUMNS), path)
    assert reported.frame["工厂"].tolist() == ["苏州,甲;", '北"厂\n二', "001"]
    assert reported.frame["良率"].tolist()[:2] == ["0.985", number]
    assert reported.frame["_row"].tolist() == [2, 3, 4]
    assert reported.notes[0].code == "text_read_as"
    assert reported.notes[0].params == {"encoding": told, "delimiter": delimiter}


@pytest.mark.parametrize(
    ("text", "code", "row"),
    [
        ('工厂,良率\na,"1\nb,2\n', "bad_quotes", 3),
        ('工厂,良率\na,"1"x\n', "bad_quotes", 2),
        ("工厂,良率\na,1\nb,2,3\n", "ragged_rows", 3),
        ("工厂,良率\na\n", "ragged_rows", 2),
    ],
)
def test_what_does_not_parse_strictly_is_refused(
    make_source: MakeSource, tmp_path: Path, refused: Refused, text: str, code: str, row: int
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text, "utf-8")
    [finding] = refused(fetch, make_source(columns=COLUMNS), path)
    assert (finding.code, finding.params["row"]) == (code, str(row))
    [direct] = refused(read_text, path, None, None, Limits())
    assert (direct.code, direct.params["row"]) == (code, row)


def test_declared_encoding_is_not_overruled(
    make_source: MakeSource, tmp_path: Path, refused: Refused
) -> None:
    path = tmp_path / "q.csv"
    path.write_bytes("工厂,良率\n苏州,1\n".encode("gbk"))
    source = make_source(columns=COLUMNS, layout={"encoding": "utf-8"})
    assert refused(fetch, source, path)[0].code == "not_a_workbook"
    assert read_text(path, "gbk", ",", Limits()) == ([["工厂", "良率"], ["苏州", "1"]], "gbk", ",")


def test_blank_lines_keep_the_row_numbers(tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_text("a,b\n\n1,2\n", "utf-8")
    assert read_text(tmp_path / "q.csv", None, None, Limits())[0] == [["a", "b"], ["", ""], ["1", "2"]]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_recognised(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "quality.csv"
    path.write_bytes("工厂,良率\r\n苏州,0.985\r\n".encode(encoding))
    book = read_workbook(path)
    assert book.notes == {"encoding": encoding, "delimiter": ","}
    assert book.sheets[0].text(2, 2) == "0.985"


def test_broken_characters_in_utf_8_are_refused_not_taken_for_gb18030(
    tmp_path: Path, refused: Refused
) -> None:
    path = tmp_path / "quality.csv"
    content = ("工厂,良率\n" + "苏州工业园区第一工厂,0.985\n" * 9).encode()
    path.write_bytes(content.replace("第".encode(), "第".encode()[:2], 1))
    [finding] = refused(read_workbook, path)
    assert finding.code == "damaged_file"
    assert "UTF-8" in finding.params["detail"]


def test_columns_of_fixed_width_are_no_table(tmp_path: Path, refused: Refused) -> None:
    path = tmp_path / "report.prn"
    path.write_text("name        value\nsteel          12\ncopper          7\n", "utf-8")
    [finding] = refused(read_workbook, path)
    assert (finding.code, finding.params["kind"]) == ("not_a_workbook", "text in columns of fixed width")
