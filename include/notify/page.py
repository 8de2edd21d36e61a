"""Set a letter as HTML that Outlook and a phone show alike: tables for the frame, styles on each element."""

from html import escape

from include.notify.letter import Letter, Problem, Section, Table
from include.notify.words import say

_FONT = "font-family:'Segoe UI','Microsoft YaHei','PingFang SC',Arial,sans-serif"
_INK, _GREY, _LINE = "#1f2933", "#5f6b7a", "#e4e7ec"
_RED, _AMBER, _GREEN = "#b42318", "#b54708", "#067647"
_TABLE = '<table role="presentation" cellpadding="0" cellspacing="0" border="0"'
_FRAME = """<!DOCTYPE html>
<html lang="{lang}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light"><title>{title}</title></head>
<body style="margin:0;padding:0;background:#f5f6f8">
{table} width="100%" style="background:#f5f6f8"><tr><td align="center" style="padding:16px 8px">
<!--[if mso]>{table} width="640"><tr><td><![endif]-->
{table} width="100%" style="max-width:640px;background:#ffffff"><tr>
<td align="left" style="padding:24px 20px;{font};color:{ink};word-break:break-word;overflow-wrap:anywhere">
{body}
</td></tr></table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr></table>
</body></html>
"""


def render_page(letter: Letter, subject: str) -> str:
    """Return a whole HTML document. All text is escaped here; nothing is loaded from outside."""
    language = letter.language
    colour = _GREEN if letter.is_good else _RED
    body = [
        _set_line(say("product", language), f"margin:0;font-size:13px;color:{_GREY}"),
        _set_line(letter.heading, "margin:4px 0;font-size:20px;line-height:1.3;font-weight:600"),
        _set_line(letter.summary, f"margin:0 0 16px;font-size:15px;line-height:1.5;color:{colour}"),
        *(_set_section(section, language) for section in letter.sections),
    ]
    body += [_set_line(line, "margin:16px 0 0;font-size:14px;line-height:1.6") for line in letter.advice]
    body.append(_set_link(letter.url, say("open_run", language)))
    why = say("why_you", language)
    body.append(_set_line(why, f"margin:20px 0 0;font-size:12px;line-height:1.5;color:{_GREY}"))
    lang = "zh-CN" if language == "zh" else "en"
    title = escape(subject)
    return _FRAME.format(lang=lang, title=title, table=_TABLE, font=_FONT, ink=_INK, body="\n".join(body))


def _set_line(text: str, style: str) -> str:
    return f'<p style="{style}">{escape(text)}</p>'


def _set_section(section: Section, language: str) -> str:
    colour = {"bad": _RED, "odd": _AMBER, "good": _GREEN}[section.tone]
    small = f"font-size:13px;color:{_GREY}"
    rows = [_set_line(section.title, "margin:0;font-size:15px;font-weight:600")]
    rows += [_set_line(section.subtitle, f"margin:2px 0 0;{small}")] if section.subtitle else []
    rows += [_set_problem(problem, language) for problem in section.problems]
    rows += [_set_line(note, f"margin:8px 0 0;{small}") for note in section.notes]
    rows += [_set_table(table) for table in section.tables]
    cell = f"border-left:4px solid {colour};background:#fafbfc;padding:12px 14px;{_FONT};color:{_INK}"
    table = f'{_TABLE} width="100%" style="margin:0 0 12px">'
    return f'{table}<tr><td style="{cell}">' + "\n".join(rows) + "</td></tr></table>"


def _set_table(table: Table) -> str:
    """Return figures in columns; they scroll sideways by themselves where the window is narrow."""
    cell = f"padding:4px 8px 4px 0;font-size:13px;line-height:1.4;vertical-align:top;{_FONT}"
    head = "".join(
        f'<th align="left" style="{cell};font-weight:normal;color:{_GREY};border-bottom:1px solid {_LINE}">'
        f"{escape(text)}</th>"
        for text in table.heads
    )
    rows = "".join(
        "<tr>" + "".join(f'<td style="{cell};color:{_INK}">{escape(text)}</td>' for text in row) + "</tr>"
        for row in table.rows
    )
    title = _set_line(table.title, "margin:12px 0 2px;font-size:14px;font-weight:600")
    note = _set_line(table.note, f"margin:4px 0 0;font-size:13px;color:{_GREY}") if table.note else ""
    return f'{title}{_TABLE} width="100%"><tr>{head}</tr>{rows}</table>{note}'


def _set_problem(problem: Problem, language: str) -> str:
    pairs = [(say("place", language), "<br>".join(map(escape, problem.places)))]
    words = (("expected", problem.expected), ("remedy", problem.remedy))
    pairs += [(say(key, language), escape(text)) for key, text in words if text]
    cell = f"padding:2px 0;font-size:14px;line-height:1.5;vertical-align:top;{_FONT}"
    rows = [
        f'<tr><td width="84" style="{cell};color:{_GREY}">{escape(label)}</td>'
        f'<td style="{cell};color:{_INK}">{text}</td></tr>'
        for label, text in pairs
    ]
    style = f"margin:10px 0 2px;padding-top:8px;border-top:1px solid {_LINE};font-size:14px;font-weight:600"
    return _set_line(problem.title, style) + f'{_TABLE} width="100%">' + "\n".join(rows) + "</table>"


def _set_link(url: str, label: str) -> str:
    if not url:
        return ""
    style = f"color:#ffffff;text-decoration:none;font-size:14px;{_FONT}"
    link = f'<a href="{escape(url)}" style="{style}">{escape(label)}</a>'
    cell = '<td bgcolor="#175cd3" style="background:#175cd3;padding:10px 18px">'
    return f'{_TABLE} style="margin:18px 0 0"><tr>{cell}{link}</td></tr></table>'
