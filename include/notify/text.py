"""Set a letter as plain text."""

from include.notify.letter import Letter, Section
from include.notify.words import say


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
        f"{'■' if section.is_bad else '□'} {section.title}",
        f"  {section.subtitle}" if section.subtitle else "",
    ]
    for number, problem in enumerate(section.problems, 1):
        lines.append(f"  {number}. {problem.title}")
        lines += [f"     - {place}" for place in problem.places]
        words = (("expected", problem.expected), ("remedy", problem.remedy))
        lines += [f"     {say(key, language)}: {text}" for key, text in words if text]
    lines += [f"  {note}" for note in section.notes]
    return [line for line in lines if line] + [""]
