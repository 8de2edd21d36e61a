"""Set a letter as plain text."""

from include.notify.letter import Letter, Section
from include.notify.words import say

_MARKS = {"bad": "■", "odd": "□", "good": "✓"}


def render_text(letter: Letter) -> str:
    """Return the letter as lines of text, each problem with its places and what to do."""
    language = letter.language
    lines = [letter.heading, letter.summary, ""]
    for section in letter.sections:
        lines += _render_section(section, language)
    lines += [*letter.advice, ""]
    if letter.url:
        lines += [f"{say('open_run', language)}: {letter.url}", ""]
    return "\n".join([*lines, say("why_you", language), ""])


def _render_section(section: Section, language: str) -> list[str]:
    lines = [
        f"{_MARKS[section.tone]} {section.title}",
        f"  {section.subtitle}" if section.subtitle else "",
    ]
    for number, problem in enumerate(section.problems, 1):
        lines.append(f"  {number}. {problem.title}")
        lines += [f"     - {place}" for place in problem.places]
        words = (("expected", problem.expected), ("remedy", problem.remedy))
        lines += [f"     {say(key, language)}: {text}" for key, text in words if text]
    lines += [f"  {note}" for note in section.notes]
    for table in section.tables:
        lines += [f"  {table.title}"]
        lines += [f"     - {_render_row(table.heads, row)}" for row in table.rows]
        lines += [f"     {table.note}"] if table.note else []
    return [line for line in lines if line] + [""]


def _render_row(heads: tuple[str, ...], row: tuple[str, ...]) -> str:
    """Return a table's row as one line: the first two cells name it, the others stand with their heads."""
    named = " ".join(row[:2])
    return f"{named} | " + " | ".join(
        f"{head}: {cell}" for head, cell in zip(heads[2:], row[2:], strict=True) if cell
    )
