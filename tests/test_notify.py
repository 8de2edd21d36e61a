"""Failure mails: who is told what, in which words, and that nothing reported can bend them."""

import email
from email.policy import default
from pathlib import Path

import pytest

from include.errors import Finding
from include.notify import BatchOutcome, Message, Recipient, RunOutcome, TaskFailure, compose, write_eml

OWNER = Recipient("clerk@example.com", "zh")
ENGLISH = Recipient("owner@example.com", "en")


def not_a_number(cell: str = "C7", found: str = "abc", **keys: object) -> Finding:
    values: dict[str, object] = {"sheet": "利润表", "column": "营业收入", "metrics": ("revenue",)} | keys
    return Finding("not_a_number", found=found, cell=cell, params={"nulls": "—"}, **values)  # type: ignore[arg-type]


def refused(*findings: Finding, file: str = "三月.xlsx") -> BatchOutcome:
    return BatchOutcome("refused", file, findings or (not_a_number(),), "rejected/finance_close/三月.xlsx")


def run_of(*batches: BatchOutcome, **keys: object) -> RunOutcome:
    values: dict[str, object] = {
        "names": ("财务月结", "Monthly close"),
        "url": "http://kpi.example.com/1",
    } | keys
    return RunOutcome("run-1", source="finance_close", batches=batches, **values)  # type: ignore[arg-type]


def compose_one(run: RunOutcome, recipient: Recipient = OWNER) -> Message:
    (message,) = compose(run, [recipient])
    return message


def test_chinese_mail_says_what_where_why_and_what_next() -> None:
    message = compose_one(run_of(refused(), BatchOutcome("accepted", "二月.xlsx")))
    assert message.subject == "[指标台账] 财务月结：1 个文件被退回（三月.xlsx）"
    for part in (
        "1 个文件被退回。同一次运行：1 个文件已计入。",
        "■ 三月.xlsx",
        "被退回，未计入 · 1 处错误",
        "1. 不是数字",
        "利润表!C7 (营业收入) 「abc」",
        "应为: 数字，或表示未报告的记号：—",
        "怎么办: 只填数字",
        "退回到 rejected/finance_close/三月.xlsx",
        "inbox/finance_close/",
        "http://kpi.example.com/1",
    ):
        assert part in message.body_text
    assert 'lang="zh-CN"' in message.body_html
    assert "利润表!C7 (营业收入) 「abc」" in message.body_html


def test_english_mail_says_the_same_in_english() -> None:
    message = compose_one(run_of(refused(), refused(file="b.xlsx")), ENGLISH)
    assert message.subject == "[Metric Ledger] Monthly close: 2 files refused (三月.xlsx …)"
    for part in (
        "2 files refused.",
        "1. Not a number",
        "利润表!C7 (营业收入) “abc”",
        "What to do: Type the number",
    ):
        assert part in message.body_text
    assert not set("请退回应为") & set(message.body_text.replace("利润表", "").replace("营业收入", ""))


@pytest.mark.parametrize("is_workbook", [True, False])
def test_the_foot_speaks_of_the_configuration_too_and_of_what_follows(is_workbook: bool) -> None:
    unknown = Finding("unknown_org", found="华东分厂", cell="A2", params={"nearest": ""})
    run = run_of(refused(unknown, file="三月.xlsx" if is_workbook else ""), is_workbook=is_workbook)
    next_step = "inbox/finance_close/" if is_workbook else "./kpi run finance_close"
    for recipient, words in ((OWNER, "请管理员修改"), (ENGLISH, "have the configuration changed")):
        message = compose_one(run, recipient)
        assert "org.yaml" in message.body_text
        for body in (message.body_text, message.body_html):
            assert words in body and next_step in body


def test_where_all_is_well_only_a_workbooks_owner_is_told() -> None:
    fine = BatchOutcome("accepted", "a.xlsx", (not_a_number(level="warning"),))
    (message,) = compose(run_of(fine), [OWNER, Recipient("cfo@example.com", "zh", frozenset({"revenue"}))])
    assert message.recipient == OWNER.email
    assert message.subject == "[指标台账] 财务月结：1 个文件已计入（a.xlsx）"
    assert "请改正" not in message.body_text and "■" not in message.body_text
    assert compose(run_of(fine, is_workbook=False), [OWNER]) == compose(run_of(), [OWNER]) == []


def test_warnings_stand_apart_from_errors() -> None:
    odd = Finding("empty_file", level="warning")
    text = compose_one(run_of(refused(), BatchOutcome("accepted", "odd.xlsx", (odd,)))).body_text
    errors, warnings = text.split("提醒（不影响计入，请核对）")
    assert (
        "odd.xlsx: 全部内容" not in errors and "- odd.xlsx: 全部内容" in warnings and "文件是空的" in warnings
    )


def test_the_same_warning_in_many_files_is_told_once() -> None:
    odd = Finding("empty_file", level="warning")
    text = compose_one(
        run_of(refused(), *(BatchOutcome("accepted", f"f{n}", (odd,)) for n in range(9)))
    ).body_text
    assert text.count("文件是空的") == 1 and "- f7:" in text and "- f8:" not in text and "另有 1 处" in text


def test_one_message_per_address_and_owner_sees_all() -> None:
    limited = Recipient("CLERK@example.com", "zh", frozenset({"headcount"}))
    (message,) = compose(run_of(refused()), [limited, OWNER])
    assert "不是数字" in message.body_text


def test_metric_owner_sees_own_metrics_and_whole_files_only() -> None:
    cost = not_a_number("C9", found="confidential", metrics=("cost",))
    run = run_of(refused(not_a_number(), cost))
    (message,) = compose(run, [Recipient("revenue@example.com", "en", frozenset({"revenue"}))])
    assert "abc" in message.body_text and "confidential" not in message.body_text + message.body_html
    assert compose(run, [Recipient("hr@example.com", "en", frozenset({"headcount"}))]) == []
    broken = run_of(refused(Finding("empty_file")))
    assert len(compose(broken, [Recipient("hr@example.com", "en", frozenset({"headcount"}))])) == 1


def test_failed_task_is_told_with_its_code_and_without_blaming_the_data() -> None:
    failure = TaskFailure("extract", "unreachable", "erp")
    message = compose_one(run_of(is_workbook=False, failures=(failure,)), ENGLISH)
    assert message.subject == "[Metric Ledger] Monthly close: the run failed"
    assert "The system doesn't answer (connection erp, unreachable); Airflow asks again" in message.body_text
    assert "inbox/" not in message.body_text


def test_same_fault_in_many_cells_is_one_problem_with_a_count() -> None:
    many = [not_a_number(f"C{row}", found=f"x{row}") for row in range(10, 55)]
    text = compose_one(run_of(refused(*many))).body_text
    assert text.count("不是数字") == 1
    assert "利润表!C17 (营业收入) 「x17」" in text and "x18" not in text
    assert "另有 37 处" in text and "45 处错误" in text


@pytest.mark.parametrize(
    ("recipient", "told"),
    [(OWNER, ("719 处错误", "另有 192 处", "还有 519 处同样的问题")),
     (ENGLISH, ("719 errors", "and 192 more", "519 more of the same"))],
)  # fmt: skip
def test_faults_beyond_the_listed_ones_are_counted(recipient: Recipient, told: tuple[str, ...]) -> None:
    listed = [not_a_number(f"C{row}") for row in range(10, 210)]
    rest = Finding("more_findings", column="营业收入", params={"more": 519, "what": "not_a_number"})
    message = compose_one(run_of(refused(*listed, rest)), recipient)
    for words in told:
        assert words in message.body_text and words in message.body_html


def test_long_lists_of_problems_and_files_are_cut_with_a_count() -> None:
    problems = [Finding(f"unworded_{number}", cell="A1") for number in range(30)]
    text = compose_one(run_of(refused(*problems)), ENGLISH).body_text
    assert "unworded_11" in text and "unworded_12" not in text and "18 more kinds of problem" in text
    files = [refused(file=f"f{number:02}.xlsx") for number in range(25)]
    text = compose_one(run_of(*files), ENGLISH).body_text
    assert "■ f09.xlsx" in text and "■ f10.xlsx" not in text and "15 more files" in text
    assert "  f24.xlsx: Not a number - 利润表!C7 (营业收入) “abc”\n" in text


def test_a_code_without_words_still_tells() -> None:
    assert "1. brand_new_code" in compose_one(run_of(refused(Finding("brand_new_code", cell="B2")))).body_text


HOSTILE = [
    "a\r\nBcc: all@example.com\r\n\r\n<script>alert(1)</script>.xlsx",
    "report\u202exslx.exe",
    "\u2066x\u2069\u200b\x00\x1b[31m.xlsx",
    '"><img src=http://evil.example.com/x>',
    "</td></table></body>{0}{boom}%s",
    "\ud800.xlsx",
    "x" * 50_000,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str, tmp_path: Path) -> None:
    finding = not_a_number(cell=text, found=text, sheet=text, column=text)
    message = compose_one(run_of(refused(finding, file=text), names=(text, text)), ENGLISH)
    assert len(message.subject) <= 200 and message.subject.isprintable()
    for body in (message.body_text, message.body_html):
        assert not set(body) & {"\u202e", "\u2066", "\u2069", "\u200b", "\x00", "\x1b", "\r", "\ud800"}
        assert len(body) < 20_000
    assert "<script" not in message.body_html and "<img" not in message.body_html
    assert message.body_html.count("</body>") == 1
    mail = email.message_from_bytes(write_eml(message, tmp_path).read_bytes(), policy=default)
    assert mail["Bcc"] is None and mail["Subject"] == message.subject
    assert not mail.defects


@pytest.mark.parametrize(
    ("name", "shown"),
    [("=cmd|' /C calc'!A0", "'=cmd"), ("@SUM(1)", "'@SUM"), ("+1+cmd", "'+1"), ("-5", "-5"), ("a=b", "a=b")],
)
def test_formulas_are_guarded_where_a_line_starts_with_them(name: str, shown: str) -> None:
    text = compose_one(run_of(refused(not_a_number(sheet=name), file=name))).body_text
    assert f"■ {shown}" in text and f"     - {shown}" in text


def test_only_web_addresses_become_links() -> None:
    message = compose_one(run_of(refused(), url="javascript:alert(1)"))
    assert "javascript" not in message.body_text + message.body_html


def test_eml_is_a_whole_mail_with_both_parts(tmp_path: Path) -> None:
    message = compose_one(run_of(refused()))
    path = write_eml(message, tmp_path)
    mail = email.message_from_bytes(path.read_bytes(), policy=default)
    assert path.suffix == ".eml" and b"\r\n" in path.read_bytes() and path.read_bytes().isascii()
    assert mail["To"] == "clerk@example.com" and mail["Subject"] == message.subject
    assert mail["Date"] and mail["Message-ID"] and mail["Auto-Submitted"] == "auto-generated"
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None and plain.get_content().replace("\r\n", "\n") == message.body_text
    assert page is not None and page.get_content().replace("\r\n", "\n") == message.body_html


def test_the_same_message_written_twice_is_one_file(tmp_path: Path) -> None:
    first = compose_one(run_of(refused()))
    other = compose_one(run_of(refused(file="b.xlsx")))
    assert write_eml(first, tmp_path) == write_eml(first, tmp_path) != write_eml(other, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
