"""Compose the mails of one run: who is told what, cut to what a person reads."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from include.errors import Finding
from include.messages.faults import explain_fault
from include.notify.letter import Letter, Section
from include.notify.outcome import Attachment, BatchOutcome, Copy, Message, Recipient, RunOutcome, TaskFailure
from include.notify.page import render_page
from include.notify.problems import cut_problems, group_findings
from include.notify.receipt import describe_receipt, say_rows, tell_figures
from include.notify.text import render_text
from include.notify.words import count, say, tidy

MAX_BATCHES, MOST_NAMED = 10, 60
"""Files told in full, and files named with their first problem; the run's page lists all."""
MOST_ATTACHED = 7 << 20
"""Bytes attached to one mail: coded for the way they stay below 10 MB, which every mail server takes."""


def compose(run: RunOutcome, recipients: Iterable[Recipient]) -> list[Message]:
    """Return one message per recipient who is concerned by what was refused, held or failed in `run`.

    Recipients are merged by address. The owner of a workbook source hears of every file; of a system's data
    only where something was refused or failed, as nobody waits for it. A recipient limited to metrics gets
    a mail only if an error is on one of them or on a whole batch, or if a task failed. Pure: nothing is read,
    written or sent.
    """
    messages = []
    for recipient in _merge(recipients):
        seen = tuple(_limit(batch, recipient.metrics) for batch in run.batches)
        bad = [batch for batch in seen if batch.outcome in ("refused", "held") and _errors(batch)]
        is_clerk = run.is_workbook and recipient.metrics is None
        good = [batch for batch in seen if batch not in bad] if is_clerk else []
        if bad or good or run.failures:
            messages.append(_write(run, recipient, seen, (bad, good)))
    return messages


def _merge(recipients: Iterable[Recipient]) -> list[Recipient]:
    merged: dict[str, Recipient] = {}
    for recipient in recipients:
        known = merged.get(recipient.email.lower())
        if known is None:
            merged[recipient.email.lower()] = recipient
            continue
        one, other = known.metrics, recipient.metrics
        metrics = None if one is None or other is None else one | other
        merged[recipient.email.lower()] = replace(known, metrics=metrics)
    return list(merged.values())


def _limit(batch: BatchOutcome, metrics: frozenset[str] | None) -> BatchOutcome:
    if metrics is None:
        return batch
    shown = tuple(f for f in batch.findings if not f.metrics or metrics.intersection(f.metrics))
    return replace(batch, findings=shown)


def _errors(batch: BatchOutcome) -> list[Finding]:
    return [finding for finding in batch.findings if finding.level == "error"]


def _write(
    run: RunOutcome,
    recipient: Recipient,
    seen: Sequence[BatchOutcome],
    told: tuple[list[BatchOutcome], list[BatchOutcome]],
) -> Message:
    language, (bad, good) = recipient.language, told
    attached = _choose_attachments(bad) if recipient.metrics is None else {}
    name = tidy(run.names[0 if language == "zh" else 1] or run.source, 60)
    summary = _summarise(run, bad or (good if not run.failures else []), language)
    warned = _warn(seen, language)
    letter = Letter(
        language=language,
        heading=name,
        summary=_with_rest(run, seen if bad or run.failures else [], summary, language),
        sections=(
            *_sections(run.failures, bad, attached, language),
            *_receipts(good, language),
            *([warned] if warned else []),
        ),
        advice=_advise(run, bad, language),
        url=run.url if run.url.startswith(("http://", "https://")) else "",
        is_good=not bad and not run.failures,
    )
    subject = _subject(name, summary, bad or ([] if run.failures else good), language)
    page = render_page(letter, subject)
    files = tuple(file for own in attached.values() for file in own)
    return Message(recipient.email, language, subject, render_text(letter), page, run.run_id, files)


def _choose_attachments(bad: list[BatchOutcome]) -> dict[int, tuple[Attachment, ...]]:
    """Return what goes with the mail of someone who may see all, by place in `bad`; empty where too large.

    The copies come first, originals follow where there is room.
    """
    copies = [(place, batch.copy) for place, batch in enumerate(bad[:MAX_BATCHES]) if batch.copy]
    chosen: dict[int, tuple[Attachment, ...]] = {place: () for place, _ in copies}
    room = MOST_ATTACHED
    for place, file in [(p, c.file) for p, c in copies] + [(p, c.original) for p, c in copies]:
        if file and file.size <= room and (chosen[place] or file is bad[place].copy.file):  # type: ignore[union-attr]
            chosen[place] += (file,)
            room -= file.size
    return chosen


def _subject(name: str, summary: str, bad: list[BatchOutcome], language: str) -> str:
    files = [tidy(batch.file, 60) for batch in bad if batch.file]
    separator, opened, closed = ("：", "（", "）") if language == "zh" else (": ", " (", ")")
    example = f"{opened}{files[0]}{' …' if files[1:] else ''}{closed}" if files else ""
    return tidy(f"[{say('product', language)}] {name}{separator}{summary}{example}", 180)


def _summarise(run: RunOutcome, told: list[BatchOutcome], language: str) -> str:
    thing = "files" if run.is_workbook else "batches"
    parts = [count("runs_failed", language, 1)] if run.failures else []
    for outcome in ("refused", "held", "accepted", "unchanged"):
        number = sum(batch.outcome == outcome for batch in told)
        parts += [count(f"{thing}_{outcome}", language, number)] if number else []
    return ("，" if language == "zh" else ", ").join(parts)


def _with_rest(run: RunOutcome, seen: Sequence[BatchOutcome], summary: str, language: str) -> str:
    """Say what became of the run's other files, so that nobody sends them again in doubt."""
    thing = "files" if run.is_workbook else "batches"
    rest = []
    for outcome in ("accepted", "unchanged"):
        number = sum(batch.outcome == outcome for batch in seen)
        rest += [count(f"{thing}_{outcome}", language, number)] if number else []
    stop, comma = ("。", "，") if language == "zh" else (". ", ", ")
    first = summary[:1].upper() + summary[1:] + stop
    return (first + say("rest", language) + comma.join(rest) + stop if rest else first).strip()


def _advise(run: RunOutcome, bad: list[BatchOutcome], language: str) -> tuple[str, ...]:
    advice = []
    if bad:
        advice.append(say("next_workbook" if run.is_workbook else "next_system", language, source=run.source))
    if run.failures:
        advice.append(say("next_failed", language))
    return tuple(advice)


def _sections(
    failures: Sequence[TaskFailure],
    bad: list[BatchOutcome],
    attached: dict[int, tuple[Attachment, ...]],
    language: str,
) -> tuple[Section, ...]:
    sections = [_describe_failure(failure, language) for failure in failures]
    sections += [
        _describe_batch(batch, attached.get(place), language) for place, batch in enumerate(bad[:MAX_BATCHES])
    ]
    if len(bad) > MAX_BATCHES:
        title = say("more_batches", language, count=len(bad) - MAX_BATCHES)
        notes = tuple(_name_batch(batch, language) for batch in bad[MAX_BATCHES:MOST_NAMED])
        sections.append(Section(title, "", notes=notes))
    return tuple(sections)


def _receipts(good: list[BatchOutcome], language: str) -> list[Section]:
    """Return a section for each file that counts, or did already; of a great many their names only."""
    sections = [describe_receipt(batch, language) for batch in good[:MAX_BATCHES]]
    if len(good) > MAX_BATCHES:
        names = [f"{_title(batch, language)}: {say(batch.outcome, language)}" for batch in good[MAX_BATCHES:]]
        more = (f"… {len(names)}",) if len(names) > MOST_NAMED else ()
        sections.append(
            Section(say("more_good", language), "", notes=(*names[:MOST_NAMED], *more), tone="good")
        )
    return sections


def _name_batch(batch: BatchOutcome, language: str) -> str:
    """Return one line for a batch that has no room of its own: its name and its first problem."""
    errors = _errors(batch)
    first = group_findings((("", error) for error in errors[:1]), language)[0]
    more = " …" if errors[1:] else ""
    return f"{_title(batch, language)}: {first.title} - {', '.join(first.places)}{more}"


def _describe_failure(failure: TaskFailure, language: str) -> Section:
    reason = ""
    if failure.connection:
        what, remedy = explain_fault(failure.code, language)
        told = {"what": what[:1].upper() + what[1:], "connection": tidy(failure.connection)}
        reason = say("unavailable", language, code=tidy(failure.code), remedy=remedy, **told)
    elif failure.code:
        reason = say("failed_code", language, code=tidy(failure.code, 500))
    return Section(say("failed", language, task=tidy(failure.task)), reason)


def _describe_batch(batch: BatchOutcome, attached: tuple[Attachment, ...] | None, language: str) -> Section:
    errors = _errors(batch)
    notes: tuple[str, ...] = (
        (f"{say('returned', language)} {tidy(batch.returned_to, 200)}",) if batch.returned_to else ()
    )
    if batch.copy and attached is not None:
        notes += (_describe_copy(batch.copy, attached, language),)
    faults = sum(error.faults for error in errors)
    subtitle = f"{say(batch.outcome, language)} · {count('errors', language, faults)}"
    problems = group_findings((("", error) for error in errors), language)
    if batch.receipt:
        rows = say_rows(batch.receipt, language)
        subtitle = f"{subtitle} · {rows}" if rows and batch.outcome == "held" else subtitle
    tables = tell_figures(batch.receipt, language) if batch.receipt and batch.outcome == "held" else ()
    return Section(_title(batch, language), subtitle, *cut_problems(problems, notes, language), tables=tables)


def _describe_copy(copy: Copy, attached: tuple[Attachment, ...], language: str) -> str:
    if not attached:
        size = f"{copy.file.size / 1e6:.1f}"
        return say("too_large", language, size=size, folder=tidy(copy.folder, 200))
    words = say(f"attached_{copy.kind}", language, name=tidy(copy.file.name, 100, guard=False))
    return words + (say("attached_original", language) if len(attached) > 1 else "")


def _warn(seen: Sequence[BatchOutcome], language: str) -> Section | None:
    """Bring the warnings of all files together: the same oddity often stands in each of them."""
    placed = [
        (tidy(batch.file), finding)
        for batch in seen
        for finding in batch.findings
        if finding.level != "error"
    ]
    if not placed:
        return None
    problems, notes = cut_problems(group_findings(placed, language), (), language)
    return Section(say("warnings", language), "", problems, notes, tone="odd")


def _title(batch: BatchOutcome, language: str) -> str:
    return tidy(batch.file) if batch.file else say("system", language)
