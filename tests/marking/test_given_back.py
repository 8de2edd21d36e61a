"""A refused workbook on its way back: marked, mailed, corrected there, dropped again and counted."""

import email
import json
import smtplib
import socket
from collections.abc import Callable, Iterator
from email.policy import default
from pathlib import Path

import openpyxl
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler

from include import stages
from include.batches import Run
from include.home import Home
from include.notify import Message, build_email, compose
from tests.company import FILES, Company, write_company

ROWS = [
    ["unit", "month", "product", "sales", "cost"],
    ["p1", "2026-03", "a", 100, 40],
    ["p3", "2026-03", "b", "many", 4],
]
LAYOUTS = {
    "first sheet": "{kind: records}",
    "pattern": "{kind: records, sheet: ['*']}",
    "named by file": "{kind: records, period: {file_name: '{year}-{month}_*.xlsx'}}",
}


class Mailbox(MessageHandler):
    """Keeps what a real SMTP server was given."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[email.message.EmailMessage] = []

    def handle_message(self, message: email.message.Message) -> None:
        """Keep it as a mail program would read it."""
        self.mails.append(email.message_from_bytes(message.as_bytes(), policy=default))

    def of(self, recipient: str) -> email.message.EmailMessage:
        (mail,) = (mail for mail in self.mails if mail["To"] == recipient)
        return mail


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, Callable[[Message], None]]]:
    """Return a mailbox behind a real server, and what sends there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()

    def send(message: Message) -> None:
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.send_message(build_email(message))

    yield box, send
    controller.stop(no_assert=True)


@pytest.fixture
def collect(
    warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[Company, Home]]:
    """Return a function that takes a file through all stages, in a company whose source has the layout given."""
    monkeypatch.setenv("KPI_WAREHOUSE_URL", warehouse_url)
    monkeypatch.setenv("KPI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KPI_CONFIG", str(tmp_path / "config"))
    home = Home(tmp_path / "home").create()
    runs = iter(range(99))

    def take(file: Path, layout: str = LAYOUTS["first sheet"], more: str = "") -> tuple[Company, Home]:
        source = FILES["sources/book.yaml"].replace("{kind: records}", layout) + more
        if "period" in layout:
            source = source.replace("  month: {type: month, is: period, required: true}\n", "")
        write_company(tmp_path / "config", sources__book=source)
        run = Run(f"run-{next(runs)}", "", "book")
        stages.load(stages.standardise(stages.validate(stages.extract("book", run, file=file))))
        stages.report(run, [])
        return Company(stages.current_catalogue()), home

    return take


def write(path: Path, rows: list[list[object]], skip: int | None = None) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([cell for place, cell in enumerate(row) if place != skip])
    book.save(path)
    return path


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_marked_copy_is_mailed_corrected_and_accepted(
    tmp_path: Path,
    collect: Callable[..., tuple[Company, Home]],
    mailbox: tuple[Mailbox, Callable[[Message], None]],
    layout: str,
) -> None:
    named = "period" in LAYOUTS[layout]
    delivered = write(tmp_path / "2026-03_a.xlsx", ROWS, skip=1 if named else None)
    company, home = collect(delivered, LAYOUTS[layout])
    assert company.value("SELECT status FROM ledger.batch") == "refused"
    held = company.value("SELECT max(length(attachments::text)) FROM ledger.message")
    assert held < 1000, "a row refers to the file, it doesn't hold it"
    box, send = mailbox
    assert len(stages.send_messages(send)) == 2
    mail = box.of("clerk@example.com")
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "2026-03_a.xlsx"
    assert "Attached: 2026-03_a.xlsx, wrong cells coloured" in mail.get_body(("plain",)).get_content()
    assert list(box.of("controller@example.com").iter_attachments()) == [], (
        "not all figures are theirs to see"
    )
    (returned,) = (home.rejected / "book").glob("*/*")
    assert attached.get_content() == returned.read_bytes()

    corrected = tmp_path / "back" / attached.get_filename()
    corrected.parent.mkdir()
    corrected.write_bytes(attached.get_content())
    book = openpyxl.load_workbook(corrected)
    cell = book.worksheets[0]["C3" if named else "D3"]
    assert cell.value == "many" and cell.fill.fgColor.rgb == "FFFFC7CE" and "“many”" in cell.comment.text
    cell.value = 11
    book.save(corrected)
    collect(corrected, LAYOUTS[layout])
    assert company.query("SELECT status FROM ledger.batch ORDER BY batch_id") == [("refused",), ("accepted",)]
    assert company.query("SELECT org, value FROM bi.fact WHERE metric = 'sales' ORDER BY 1") == [
        ("p1", 100),
        ("p3", 11),
    ]


def test_what_is_held_in_part_comes_back_marked_too(
    tmp_path: Path, collect: Callable[..., tuple[Company, Home]]
) -> None:
    company, home = collect(write(tmp_path / "a.xlsx", ROWS), more="accept: slices\n")
    assert company.query("SELECT org FROM bi.submission") == [("p1",)]
    (returned,) = (home.rejected / "book").glob("*/a.xlsx")
    book = openpyxl.load_workbook(returned)
    assert book.worksheets[0]["D3"].comment and not book.worksheets[0]["D2"].comment
    assert book.worksheets[1]["A1"].value.startswith("This file counts in part, the rest is held: 1 error")
    (told,) = company.query("SELECT attachments FROM ledger.message WHERE recipient = 'clerk@example.com'")
    assert [file["name"] for file in told[0]] == ["a.xlsx"]


def test_a_text_file_comes_back_as_a_workbook_with_the_original(
    tmp_path: Path,
    collect: Callable[..., tuple[Company, Home]],
    mailbox: tuple[Mailbox, Callable[[Message], None]],
) -> None:
    file = tmp_path / "三月.csv"
    file.write_text("\n".join(",".join(map(str, row)) for row in ROWS), "utf-8")
    company, home = collect(file)
    listed = json.loads(next((home.rejected / "book").glob("*_三月.csv.json")).read_text("utf-8"))
    assert [item["cell"] for item in listed if item["level"] == "error"] == ["D3"]
    box, send = mailbox
    (home.outbox / "unused").mkdir()
    stages.send_messages(send)
    copy, original = box.of("clerk@example.com").iter_attachments()
    assert (copy.get_filename(), original.get_filename()) == ("三月.xlsx", "三月.csv")
    assert original.get_content() == file.read_bytes()
    corrected = tmp_path / "三月.xlsx"
    corrected.write_bytes(copy.get_content())
    book = openpyxl.load_workbook(corrected)
    book.worksheets[0]["D3"].value = 11
    book.save(corrected)
    collect(corrected)
    assert company.query("SELECT org, value FROM bi.fact WHERE metric = 'sales' ORDER BY 1") == [
        ("p1", 100),
        ("p3", 11),
    ]


def test_a_copy_that_is_gone_or_too_large_never_holds_up_the_mail(
    tmp_path: Path, mailbox: tuple[Mailbox, Callable[[Message], None]]
) -> None:
    from include.errors import Finding
    from include.notify import Attachment, BatchOutcome, Copy, Recipient, RunOutcome

    small = Attachment("a.xlsx", f"file://{tmp_path}/gone.xlsx", 10)
    large = Attachment("b.xlsx", f"file://{tmp_path}/b.xlsx", 8 << 20)
    batches = tuple(
        BatchOutcome("refused", file.name, (Finding("not_a_number"),), "rejected/book/", Copy("marked", "rejected/book/7/", file))
        for file in (small, large)
    )  # fmt: skip
    (message,) = compose(RunOutcome("r", "", "book", batches=batches), [Recipient("clerk@example.com", "zh")])
    assert message.attachments == (small,)
    assert "标注过的副本有 8.4 MB，太大，未随邮件发送；见 rejected/book/7/" in message.body_text
    box, send = mailbox
    send(message)
    assert list(box.of("clerk@example.com").iter_attachments()) == []
