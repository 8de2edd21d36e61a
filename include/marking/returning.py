"""Give a refused workbook back: a copy in which each wrong cell is coloured and commented, and a list of all.

The foreign file is opened in a child process under limits only (`child.py`). An .xlsx or .xlsm comes back as it was
delivered, with nothing but the marks added; of another kind, the values that were read; where neither can be made,
the list alone.
"""

import dataclasses
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from include.connectors.workbook.layouts import SUMMARY_SHEETS, VALUES_SHEET
from include.connectors.workbook.refusing import Limits
from include.connectors.workbook.sandbox import run_child
from include.errors import Finding, RefusedError
from include.marking.package import MAIN
from include.marking.styles import NO_STYLES, Styles
from include.marking.summary import write_summary
from include.marking.values import write_single
from include.marking.words import write_listing, write_marks

UNREADABLE = frozenset(
    {
        "empty_file",
        "truncated_file",
        "not_a_workbook",
        "encrypted",
        "damaged_file",
        "limit_exceeded",
        "reader_failed",
    }
)
"""Codes of files that hold nothing to mark: the mail says all there is to say."""
_CHILD = Path(__file__).with_name("child.py")
_IN_PLACE = (".xlsx", ".xlsm", ".xltx", ".xltm")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Delivery:
    """A delivered file: where it is archived, the name it came under, its source, and whether part of it counts.

    `sheet` is the name that a text file's one sheet gets; `encoding` and `delimiter` are those declared for it.
    """

    path: Path
    name: str
    source: str
    is_held: bool = False
    sheet: str = ""
    encoding: str | None = None
    delimiter: str | None = None


@dataclass(frozen=True)
class Returned:
    """The file that goes back: `marked` as delivered, `values` as read, or a `report` without the data."""

    path: Path
    kind: Literal["marked", "values", "report"]


def give_back(
    delivery: Delivery, findings: Sequence[Finding], language: str, folder: Path
) -> Returned | None:
    """Write the marked copy into `folder` under the name it was delivered by, whole or not at all.

    The name stays, because it may say org unit and period; its ending becomes .xlsx where it was another kind of
    file. None is returned where the file couldn't be read. Whatever the file holds, only OSError is raised.
    """
    if any(finding.code in UNREADABLE and not finding.sheet for finding in findings):
        return None
    with tempfile.TemporaryDirectory(prefix="marking-") as name:
        work = Path(name)
        kind = _mark(delivery, findings, language, work)
        if kind == "report":
            _write_report(delivery, findings, language, work / "marked.xlsx")
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / _name_copy(delivery.name, kind, language)
        draft = folder / f".{os.getpid()}.part"
        shutil.copyfile(work / "marked.xlsx", draft)
        draft.replace(target)
    return Returned(target, kind)


def _mark(
    delivery: Delivery, findings: Sequence[Finding], language: str, work: Path
) -> Literal["marked", "values", "report"]:
    limits = Limits()
    about: dict[str, Any] = {
        "path": str(delivery.path.resolve()),
        "marks": write_marks(findings, language),
        "listing": _list(delivery, findings, language, "marked"),
        "values_listing": _list(delivery, findings, language, "values"),
        "summary": SUMMARY_SHEETS["zh" if language == "zh" else "en"],
        "values_sheet": VALUES_SHEET,
        "sheet": delivery.sheet or "Sheet1",
        "text": {"encoding": delivery.encoding, "delimiter": delivery.delimiter},
        "limits": dataclasses.asdict(limits),
    }
    (work / "request.json").write_text(json.dumps(about), "utf-8")
    try:
        run_child(work, limits, _CHILD)
        answer = json.loads((work / "answer.json").read_text("utf-8"))
    except (RefusedError, RuntimeError) as error:  # the child ended badly: out of memory or time
        answer = {"failed": str(error)}
    if "failed" in answer:
        log.warning("a copy of %s couldn't be marked: %s", delivery.path.name, answer["failed"])
        return "report"
    return "values" if answer["kind"] == "values" else "marked"


def _list(delivery: Delivery, findings: Sequence[Finding], language: str, kind: str) -> dict[str, Any]:
    return write_listing(findings, language, delivery.source, kind=kind, is_held=delivery.is_held)


def _write_report(delivery: Delivery, findings: Sequence[Finding], language: str, target: Path) -> None:
    styles = Styles(NO_STYLES.format(MAIN).encode())
    content = write_summary(_list(delivery, findings, language, "report"), set(), styles, MAIN)
    write_single(SUMMARY_SHEETS["zh" if language == "zh" else "en"], content, styles.apply(), target)


def _name_copy(name: str, kind: str, language: str) -> str:
    """Return the name of the copy, fit for any file system: below 255 bytes, nothing that parts folders."""
    plain = "".join("_" if c in '/\\:*?"<>|' or not c.isprintable() else c for c in Path(name).name) or "file"
    stem, ending = Path(plain).stem, Path(plain).suffix
    if kind == "report":
        stem, ending = f"{stem}{'_问题清单' if language == 'zh' else '_findings'}", ".xlsx"
    elif kind == "values" or ending.lower() not in _IN_PLACE:
        ending = ".xlsx"
    short = stem.encode()[: 200 - len(ending)].decode("utf-8", "ignore")
    return short + ending
