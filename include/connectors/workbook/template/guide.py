"""The instructions sheet of a template: what to fill in, when, what is refused, where it goes; Chinese and English."""

from collections.abc import Iterator

from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet

from include.catalogue.models import Column, Measure
from include.connectors.workbook.template.asked import Asked
from include.connectors.workbook.template.periods import due_on
from include.styling import (
    BORDER,
    FONT,
    HEADER,
    HEADER_FONT,
    NOTE_FONT,
    TITLE,
    TITLE_FONT,
    count_lines,
    put,
    set_up_print,
)

Line = tuple[str, str, str]
_WIDTHS = (26, 62, 70)
_KINDS = {
    "number": ("数字", "a number"),
    "integer": ("整数", "a whole number"),
    "date": ("日期，例如 2026-03-05", "a date such as 2026-03-05"),
    "period": ("期间，例如 {}", "a period such as {}"),
    "boolean": ("是 或 否", "是 (yes) or 否 (no)"),
    "text": ("文字", "text"),
}
_ROLES = {
    "org": ("组织单位的名称", "the name of an org unit"),
    "currency": ("币种代码，例如 USD", "a currency's code such as USD"),
}
_REPORTED = {
    "ytd": ("填年初至本期的累计数", "the fiscal year so far, not the period alone"),
    "stock": ("填期末时点的数", "as it stands at the period's end"),
}
_SCENARIOS = {
    "target": ("目标值", "a target"),
    "budget": ("预算值", "a budget"),
    "forecast": ("预测值", "a forecast"),
}


def draw_guide(page: Worksheet, asked: Asked, version: str) -> None:
    """Write the instructions; `version` is the template's."""
    put(page, 1, 1, f"{asked.title} · 填表说明 Instructions").font = TITLE_FONT
    page.row_dimensions[1].height = 26
    made = f"模板版本 Template version {version} · {asked.today.isoformat()}"
    put(page, 2, 1, made).font = NOTE_FONT
    row = 3
    for heading, lines in (
        (("怎样填", "填写要求", "How to fill it in"), _list_steps(asked)),
        (
            ("什么会被退回", "整份退回，注明单元格、原因和改法", "What is refused: the file comes back"),
            _list_refusals(asked),
        ),
        (("列或行", "填什么", "What goes into each column or row"), _list_labels(asked)),
    ):
        row = _write_section(page, row + 1, heading, list(lines))
    for letter, width in zip("ABC", _WIDTHS, strict=True):
        page.column_dimensions[letter].width = width
    page.sheet_view.showGridLines = False
    page.protection.sheet = True
    set_up_print(page)


def _write_section(page: Worksheet, row: int, heading: Line, lines: list[Line]) -> int:
    for at, line in enumerate((heading, *lines), row):
        for col, text in enumerate(line, 1):
            cell = put(page, at, col, text)
            cell.border, cell.alignment = BORDER, Alignment(wrap_text=True, vertical="top")
            cell.font = Font(FONT, 10, bold=col == 1)
            if col == 1:
                cell.fill = TITLE
            if at == row:
                cell.font, cell.fill = HEADER_FONT, HEADER
        needed = max(count_lines(text, width - 2) for text, width in zip(line, _WIDTHS, strict=True))
        page.row_dimensions[at].height = 15 * needed + 5
    return row + len(lines) + 1


def _list_steps(asked: Asked) -> Iterator[Line]:
    source = asked.source
    yield (
        "填写 Fill in",
        "只填浅黄色单元格；表头和行名已锁定（工作表保护没有密码），请不要改动或移动。",
        "Fill in the yellow cells only. Headers and labels are locked (without a password); leave them as they are.",
    )
    yield "期间 Period", *_tell_period(asked)
    units = [asked.name_unit(unit) for unit in asked.units_owing()]
    shown = "、".join(units[:20]) + (f" …（共 {len(units)} 个 in all）" if len(units) > 20 else "")
    whole = source.expects.each_batch
    yield (
        "谁报送 Who reports",
        f"{'每份文件须包含全部单位：' if whole else ''}{shown}。也可写单位编码或约定的别名。",
        f"{'Each file holds all of: ' if whole else ''}{shown}. Ids and agreed aliases of units are read too.",
    )
    yield (
        "单位 Units",
        "按表头或行名括号中的单位填写；单元格里只填数字，不写单位。",
        "Report in the unit that stands in brackets; type numbers alone, without units.",
    )
    marks = "、".join(source.nulls)
    yield (
        "空白 Blank",
        "空白表示没有报送，不等于零；零请填 0。" + (f"也可以写：{marks}。" if marks else ""),
        "A blank cell means not reported, not zero; write 0 for zero."
        + (f" These mean blank too: {marks}." if marks else ""),
    )
    yield "放到哪里 Where to", *_tell_folder(asked)
    yield (
        "更正 Correct it",
        "改好后再次放入同一文件夹：同一单位、同一期间的数整体替换，请把该期间的全部数据一起放入。",
        "Drop the corrected file again, with all figures of its units and periods: they are replaced as a whole.",
    )


def _tell_period(asked: Asked) -> tuple[str, str]:
    deadline = due_on(asked.source, asked.catalogue, asked.period)
    if deadline is None or asked.source.due is None:
        return f"下一期是 {asked.period}。", f"The next one is {asked.period}."
    when, days = f"{deadline:%Y-%m-%d %H:%M}", asked.source.due.working_day
    return (
        f"下一期是 {asked.period}，截止 {when}（期间结束后第 {days} 个工作日）。",
        f"The next one is {asked.period}, due {when} (working day {days} after the period).",
    )


def _tell_folder(asked: Asked) -> tuple[str, str]:
    source, folder = asked.source, f"inbox/{asked.source.source}/"
    places = [place for place, _ in asked.places.values()]
    names = list(dict.fromkeys(place.file_name for place in places if place.file_name))
    inside = any(place.folder for place in places)
    zh = f"文件夹 {folder}" + (f" 下以单位命名的子文件夹，例如 {folder}单位/" if inside else "")
    en = f"The folder {folder}" + ("<unit>/, named after the unit" if inside else "")
    if names:
        zh, en = f"{zh}；文件名写成 {names[0]}", f"{en}; name the file like {names[0]}"
    fixed = source.layout.org.value if source.layout.org else None
    return f"{zh}。" + (f"本文件属于 {fixed}。" if fixed else ""), f"{en}." + (
        f" It is for {fixed}." if fixed else ""
    )


def _list_refusals(asked: Asked) -> Iterator[Line]:
    source = asked.source
    yield (
        "模板 Template",
        "缺少或改名的列、行，改变的单位，未知的组织或选项；列的顺序可以变动。",
        "A missing or renamed column or row, a changed unit, an unknown org unit or choice. The order is free.",
    )
    yield (
        "单元格 Cells",
        "必填处空白；数字里有文字；超出范围；错误值（如 #REF!）；没有计算结果的公式；无法确定的日期。",
        "A required cell left blank; words in a number; a figure out of bounds; an error such as #REF!; "
        "a formula without a result; a date that can be read two ways.",
    )
    if source.unique:
        names = "、".join(source.unique)
        yield "重复 Repeated", f"{names} 相同的两行。", f"Two rows alike in {names}."
    for check in source.checks:
        rule = check.rule.replace("`", "")
        given = f" ± {check.tolerance:f}" if check.tolerance else ""
        zh, en = ("不满足时退回", "refused where it doesn't hold")
        if check.level == "warning":
            zh, en = ("不满足时提醒", "a remark where it doesn't hold")
        yield "勾稽 Rule", f"{rule}{given}（{zh}）", f"{rule}{given} ({en})"
    totals = source.layout.total_rows
    if totals is not None and totals.use == "control":
        names = "、".join(totals.label)
        yield (
            "合计 Totals",
            f"可以加合计行（{names}）：与明细之和核对，本身不计入。",
            f"Total rows ({names}) may be added: they are checked against their rows and never counted.",
        )


def _list_labels(asked: Asked) -> Iterator[Line]:
    labels: dict[str, Measure] = {**asked.source.rows}
    labels |= asked.columns if asked.source.layout.kind != "matrix" else {}
    for name, measure in labels.items():
        zh, en = _explain(asked, measure)
        english = "; ".join(en)
        yield asked.label(name, measure), "；".join(zh) + "。", f"{english[:1].upper()}{english[1:]}."


def _explain(asked: Asked, measure: Measure) -> tuple[list[str], list[str]]:
    told: list[tuple[str, str]] = []
    if isinstance(measure, Column) and measure.is_ == "ignore":
        return ["备查，不读取"], ["for your own use, not read"]
    told.append(("必填", "required") if measure.required else ("可空", "may be blank"))
    if measure.metric is not None:
        definition = asked.catalogue.latest(measure.metric).definition
        told.append((definition.read("zh"), definition.read("en")))
    told += [_REPORTED[measure.reported_as]] if measure.reported_as in _REPORTED else []
    told += [_SCENARIOS[measure.scenario]] if measure.scenario in _SCENARIOS else []
    if isinstance(measure, Column):
        zh, en = _ROLES.get(measure.is_ or "") or _KINDS[asked.kind_of(measure)]
        allowed = measure.in_ or ()
        told.append(("以下之一：" + "、".join(allowed), "one of " + "、".join(allowed)) if allowed else (
            zh.format(asked.period), en.format(asked.period)
        ))  # fmt: skip
        told += [(f"写法 {measure.pattern}", f"written as {measure.pattern}")] if measure.pattern else []
    unit = asked.unit_of(measure)
    told += [(f"单位 {unit}", f"unit {unit}")] if unit else []
    told += [(f"不小于 {measure.min:f}", f"at least {measure.min:f}")] if measure.min is not None else []
    told += [(f"不大于 {measure.max:f}", f"at most {measure.max:f}")] if measure.max is not None else []
    return [zh for zh, _ in told], [en for _, en in told]
