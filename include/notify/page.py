"""Set a letter as HTML that Outlook and a phone show alike: tables for the frame, styles on each element."""

from html import escape

from include.notify.letter import Letter, Problem, Section
from include.notify.words import say

_FONT = "font-family:'Segoe UI','Microsoft YaHei','PingFang SC',Arial,sans-serif"
_INK, _GREY, _RED, _AMBER, _LINE = "#1f2933", "#5f6b7a", "#b42318", "#b54708", "#e4e7ec"


def render_page(letter: Letter, subject: str) -> str:
    """Return a whole HTML document. Every text of the letter is escaped here; nothing is loaded from outside."""
    language = letter.language
    body = [
        f'<p style="margin:0;color:{_GREY};font-size:13px">{escape(say("product", language))}</p>',
        f'<h1 style="margin:4px 0 4px;font-size:20px;line-height:1.3;color:{_INK}">{escape(letter.heading)}</h1>',
        f'<p style="margin:0 0 16px;font-size:15px;line-height:1.5;color:{_RED}">{escape(letter.summary)}</p>',
        *(_set_section(section, language) for section in letter.sections),
    ]
    if letter.warnings:
        body.append(
            f'<p style="margin:20px 0 8px;font-size:14px;color:{_AMBER}">{escape(say("warnings", language))}</p>'
        )
        body += [_set_section(section, language) for section in letter.warnings]
    body += [
        f'<p style="margin:16px 0 0;font-size:14px;line-height:1.6">{escape(line)}</p>'
        for line in letter.advice
    ]
    body.append(_set_link(letter.url, say("open_run", language)))
    body.append(
        f'<p style="margin:20px 0 0;font-size:12px;line-height:1.5;color:{_GREY}">{escape(say("why_you", language))}</p>'
    )
    return _FRAME.format(
        lang="zh-CN" if language == "zh" else "en",
        title=escape(subject),
        font=_FONT,
        ink=_INK,
        body="\n".join(body),
    )


_FRAME = """<!DOCTYPE html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light"><title>{title}</title></head>
<body style="margin:0;padding:0;background:#f5f6f8">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:#f5f6f8"><tr>
<td align="center" style="padding:16px 8px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:640px;background:#ffffff"><tr>
<td align="left" style="padding:24px 20px;{font};color:{ink};word-break:break-word;overflow-wrap:anywhere">
{body}
</td></tr></table>
</td></tr></table>
</body></html>
"""


def _set_section(section: Section, language: str) -> str:
    colour = _RED if section.is_bad else _AMBER
    rows = [f'<p style="margin:0;font-size:15px;font-weight:600">{escape(section.title)}</p>']
    if section.subtitle:
        rows.append(f'<p style="margin:2px 0 0;font-size:13px;color:{_GREY}">{escape(section.subtitle)}</p>')
    rows += [_set_problem(problem, language) for problem in section.problems]
    rows += [
        f'<p style="margin:8px 0 0;font-size:13px;color:{_GREY}">{escape(note)}</p>' for note in section.notes
    ]
    return (
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 12px"><tr>'
        f'<td style="border-left:4px solid {colour};background:#fafbfc;padding:12px 14px;{_FONT};color:{_INK}">'
        + "\n".join(rows)
        + "</td></tr></table>"
    )


def _set_problem(problem: Problem, language: str) -> str:
    pairs = [(say("place", language), "<br>".join(map(escape, problem.places)))]
    pairs += [
        (say(key, language), escape(text))
        for key in ("expected", "remedy")
        if (text := getattr(problem, key))
    ]
    cell = f"padding:2px 0;font-size:14px;line-height:1.5;vertical-align:top;{_FONT}"
    rows = "".join(
        f'<tr><td width="84" style="{cell};color:{_GREY}">{escape(label)}</td><td style="{cell};color:{_INK}">{text}</td></tr>'
        for label, text in pairs
    )
    return (
        f'<p style="margin:10px 0 2px;padding-top:8px;border-top:1px solid {_LINE};font-size:14px;font-weight:600">'
        f"{escape(problem.title)}</p>"
        f'<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">{rows}</table>'
    )


def _set_link(url: str, label: str) -> str:
    if not url:
        return ""
    return (
        '<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:18px 0 0"><tr>'
        f'<td style="background:#175cd3;padding:10px 18px"><a href="{escape(url)}" style="color:#ffffff;'
        f'text-decoration:none;font-size:14px;{_FONT}">{escape(label)}</a></td></tr></table>'
    )
