"""The outbox: a mail waits in the warehouse until it was sent, and a fault of the server loses none."""

from pathlib import Path

from sqlalchemy import text

from include import outbox, warehouse
from include.batches import BatchRow, Run
from include.errors import Finding
from include.notify import Message
from tests.company import Company

RUN = Run("run-1", "", "book")
BATCH = text(
    "INSERT INTO ledger.batch (batch_id, source, run_id, run_url, filename, mapping_version, status, finished_at, forced) "
    "OVERRIDING SYSTEM VALUE VALUES (:id, 'book', 'run-1', '', '', '', :status, now(), false)"
)


def batch(number: int, status: str, failure: str = "") -> BatchRow:
    return BatchRow(number, "book", "run-1", f"{number}.csv", status, "file:///a", None, 1, failure)


def queue(company: Company, findings: dict[int, list[Finding]], *batches: BatchRow) -> list[str]:
    with warehouse.connect() as connection:
        for each in batches:
            connection.execute(BATCH, {"id": each.batch_id, "status": each.status})
        return outbox.queue_report(connection, company.catalogue, RUN, batches, findings, [])


def mails(company: Company) -> list[tuple[str, str]]:
    return [tuple(row) for row in company.query("SELECT recipient, language FROM ledger.message ORDER BY 1")]


def test_owners_of_what_is_touched_are_told_in_their_language(company: Company) -> None:
    wrong = Finding("not_a_number", sheet="s", cell="D2", found="x", metrics=("sales",))
    (line,) = queue(company, {1: [wrong]}, batch(1, "refused"))
    assert line.startswith("1.csv: refused: not_a_number s!D2\n  Not a number; to do: ")
    assert mails(company) == [("clerk@example.com", "en"), ("controller@example.com", "zh")]
    assert "D2" in company.value("SELECT body_text FROM ledger.message WHERE language = 'en'")


def test_what_counts_is_told_to_the_sources_owner_alone(company: Company) -> None:
    assert queue(company, {1: [Finding("cross_check_differs", level="warning")]}, batch(1, "accepted")) == []
    assert mails(company) == [("clerk@example.com", "en")]


def test_a_failing_sender_keeps_the_mail_and_counts_the_attempt(company: Company, tmp_path: Path) -> None:
    queue(company, {1: []}, batch(1, "failed", "connection_refused"))
    sent: list[Message] = []

    def refuse(message: Message) -> None:
        if message.recipient.startswith("clerk"):
            raise OSError("secret words of the server")
        sent.append(message)

    assert outbox.send_waiting(refuse, tmp_path) == ["run-1"]
    assert len(sent) == len(mails(company)) - 1 == 1
    (waiting,) = company.query(
        "SELECT attempts, failure, recipient FROM ledger.message WHERE sent_at IS NULL"
    )
    assert waiting == (1, "OSError", "clerk@example.com")
    assert outbox.send_waiting(sent.append, tmp_path) == ["run-1"]
    assert company.query("SELECT DISTINCT sent_to, failure FROM ledger.message") == [("smtp", None)]
    assert outbox.send_waiting(refuse, tmp_path) == []


def test_a_mail_that_never_goes_out_is_given_up(company: Company, tmp_path: Path) -> None:
    queue(company, {1: []}, batch(1, "failed", "x"))
    with warehouse.connect() as connection:
        connection.execute(text("UPDATE ledger.message SET attempts = 50"))
        assert outbox.count_unsent(connection) == 0
    assert outbox.send_waiting(None, tmp_path) == []


def test_two_senders_at_once_send_each_mail_once(company: Company, tmp_path: Path) -> None:
    queue(company, {1: []}, batch(1, "failed", "x"))
    sent: list[str] = []

    def send(message: Message) -> None:
        if not sent:
            sent.append(message.recipient)
            outbox.send_waiting(lambda other: sent.append(other.recipient), tmp_path)
        else:
            sent.append(message.recipient)

    outbox.send_waiting(send, tmp_path)
    assert sorted(sent) == sorted(recipient for recipient, _ in mails(company))


def test_without_a_server_mails_are_files(company: Company, tmp_path: Path) -> None:
    queue(company, {1: []}, batch(1, "failed", "x"))
    count = len(outbox.send_waiting(None, tmp_path / "outbox"))
    files = {path.name for path in (tmp_path / "outbox").glob("*.eml")}
    assert count == len(files) == len(mails(company))
    assert {row.sent_to for row in company.query("SELECT sent_to FROM ledger.message")} == files
