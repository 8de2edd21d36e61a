"""The mail about files that lie where no source collects."""

import hashlib
from collections.abc import Iterable, Sequence

from include.notify.letter import Letter, Section
from include.notify.outcome import Message, Recipient
from include.notify.page import render_page
from include.notify.text import render_text
from include.notify.words import count, say, tidy

MOST_NAMED = 40


def compose_strays(
    names: Sequence[str], sources: Iterable[str], recipients: Iterable[Recipient]
) -> list[Message]:
    """Return one message per recipient about the files `names` (places below the inbox). Pure."""
    run_id = "strays/" + hashlib.sha256("\0".join(names).encode("utf-8", "replace")).hexdigest()[:16]
    unique = {recipient.email.lower(): recipient for recipient in recipients}
    return [_write(run_id, names, sorted(sources), recipient) for recipient in unique.values()]


def _write(run_id: str, names: Sequence[str], sources: list[str], recipient: Recipient) -> Message:
    language = recipient.language
    summary = count("strays", language, len(names))
    more = [f"… {len(names) - MOST_NAMED}"] if len(names) > MOST_NAMED else []
    listed = (*(tidy(name, 200) for name in names[:MOST_NAMED]), *more)
    letter = Letter(
        language=language,
        heading=say("strays", language),
        summary=summary,
        sections=(Section(say("strays_lie", language), "", notes=listed, tone="odd"),),
        advice=(say("next_strays", language, sources=", ".join(sources)),),
        url="",
    )
    subject = tidy(f"[{say('product', language)}] {summary}", 180)
    return Message(
        recipient.email, language, subject, render_text(letter), render_page(letter, subject), run_id
    )
