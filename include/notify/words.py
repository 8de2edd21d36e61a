"""The fixed words of the mails, in Chinese and English, and how foreign text is made harmless in them."""

import unicodedata

_WORDS: dict[str, tuple[str, str]] = {
    "product": ("指标台账", "Metric Ledger"),
    "refused": ("被退回，未计入", "refused, nothing of it counts"),
    "held": ("部分计入，其余暂缓", "counted in part, the rest is held"),
    "accepted": ("已计入", "counted"),
    "unchanged": ("与上次相同，未重复计入", "sent again, counted once"),
    "system": ("系统取数", "data read from the system"),
    "rows": ("{read} 行全部计入", "all {read} rows count"),
    "rows_held": (
        "共 {read} 行：{accepted} 行计入，{held} 行暂缓",
        "{read} rows: {accepted} count, {held} are held",
    ),
    "same_bytes": (
        "内容与 {since} 收到的 {file} 完全相同，台账未变。",
        "The same content as {file}, which came {since}. The ledger is as it was.",
    ),
    "same_cells": (
        "其中的数字与台账中现有的完全相同，台账未变。",
        "Its figures are those that the ledger holds already. The ledger is as it was.",
    ),
    "totals": ("新计入的合计，请与文件核对", "Totals of what is new, to compare with your file"),
    "changes": ("与此前报送相比，{count} 处有变动", "Changed against what was reported before: {count}"),
    "period": ("期间", "Period"),
    "metric": ("指标", "Metric"),
    "total": ("合计（按报送单位）", "Total as reported"),
    "total_unit": ("折合", "In the ledger"),
    "units": ("单位数", "Org units"),
    "unit_period": ("单位与期间", "Org unit, period"),
    "old": ("原值", "Before"),
    "new": ("新值", "Now"),
    "span": ("（最小至最大，不宜相加）", " (least to greatest; not to be added)"),
    "more_lines": ("另有 {count} 行合计。", "{count} more totals."),
    "more_changes": ("另有 {count} 处变动，见 bi.fact。", "{count} more changes: see bi.fact."),
    "target": ("目标", "target"),
    "budget": ("预算", "budget"),
    "forecast": ("预测", "forecast"),
    "more_good": ("其余已收取的文件", "The other files taken in"),
    "strays": ("收件文件夹中无人收取的文件", "Files in the inbox that nobody collects"),
    "strays_lie": ("不在任何来源的文件夹中", "They lie in no source's folder"),
    "next_strays": (
        "请把文件移到其来源的文件夹 inbox/<来源>/，或将其删除。现有来源：{sources}。",
        "Move each into its source's folder, inbox/<source>/, or remove it. The sources are {sources}.",
    ),
    "place": ("位置", "Where"),
    "expected": ("应为", "Expected"),
    "remedy": ("怎么办", "What to do"),
    "returned": ("退回到", "Returned to"),
    "attached_marked": (
        "附件 {name}：出错的单元格已标红并附批注，另有问题清单一页；可直接在其中改正后重新放入",
        "Attached: {name}, wrong cells coloured and commented, with a list of all; correct it there and drop it again",
    ),
    "attached_values": (
        "附件 {name}：所读数值的副本，出错的单元格已标红并附批注（不含公式和格式）",
        "Attached: {name}, a copy of the values as read (no formulas, no formats), wrong cells coloured and commented",
    ),
    "attached_report": (
        "附件 {name}：问题清单（原文件无法加标注）",
        "Attached: {name}, the list of findings (the original couldn't be marked)",
    ),
    "attached_original": ("，原文件也在附件中", "; the original is attached too"),
    "too_large": (
        "标注过的副本有 {size} MB，太大，未随邮件发送；见 {folder}",
        "The copy with marks has {size} MB, too much for a mail; it lies in {folder}",
    ),
    "whole_batch": ("全部内容", "all of it"),
    "warnings": ("提醒（不影响计入，请核对）", "Warnings (they hold nothing back; please have a look)"),
    "next_workbook": (
        "请改正文件（上文要求改配置的，请管理员修改），再把文件重新放入收件文件夹 inbox/{source}/，系统会自动收取，"
        "不必另行通知。",
        "Correct the file, or have the configuration changed where that is what to do above, and drop the file into "
        "inbox/{source}/ again. It is taken in by itself.",
    ),
    "next_system": (
        "请在源系统中改正；上文要求改配置的，请管理员修改。下一次运行会自动重新取数；要立即重取，"
        "可在 Airflow 中触发，或执行 ./kpi run {source}。",
        "Correct it in the source system, or have the configuration changed where that is what to do above. The next "
        "run reads it again by itself; to read it at once, trigger it in Airflow or use ./kpi run {source}.",
    ),
    "failed": ("处理失败：{task}", "Failed: {task}"),
    "unavailable": (
        "{what}（连接 {connection}，{code}）。{remedy}。",
        "{what} (connection {connection}, {code}); {remedy}.",
    ),
    "failed_code": ("原因：{code}", "Reason: {code}"),
    "next_failed": (
        "没有数据丢失，也没有重复计入。运维人员查看运行日志并排除故障后，重新运行即可；重复运行是安全的。",
        "No data is lost, and none was counted twice. Operations find the cause in the run's log "
        "and run it again once it is mended; running twice is safe.",
    ),
    "open_run": ("查看本次运行", "Open the run"),
    "why_you": (
        "您收到此邮件，是因为您负责该来源或其中的指标。此邮件由系统发出，请勿直接回复。",
        "You get this mail because you own this source or metrics in it. It was sent by a program; "
        "replies aren't read.",
    ),
    "more_places": ("另有 {count} 处", "and {count} more"),
    "more_problems": (
        "另有 {count} 类问题，见退回的清单。",
        "{count} more kinds of problem: see the list returned with the file.",
    ),
    "more_batches": ("另有 {count} 个文件，见本次运行。", "{count} more files: see the run."),
    "rest": ("同一次运行：", "In the same run: "),
}
_COUNTED: dict[str, tuple[str, str, str]] = {
    "files_refused": ("{n} 个文件被退回", "1 file refused", "{n} files refused"),
    "batches_refused": ("数据被退回", "data refused", "data refused"),
    "files_held": ("{n} 个文件部分暂缓", "1 file held in part", "{n} files held in part"),
    "batches_held": ("数据部分暂缓", "data held in part", "data held in part"),
    "files_accepted": ("{n} 个文件已计入", "1 file counted", "{n} files counted"),
    "files_unchanged": ("{n} 个文件与上次相同", "1 file sent again", "{n} files sent again"),
    "batches_accepted": ("数据已计入", "data counted", "data counted"),
    "batches_unchanged": ("数据与上次相同", "data unchanged", "data unchanged"),
    "slices_new": ("新增 {n} 个单位期间", "1 org unit and period new", "{n} org units and periods new"),
    "slices_replaced": ("更正 {n} 个单位期间", "1 corrected", "{n} corrected"),
    "slices_same": ("{n} 个单位期间与此前相同", "1 as before", "{n} as before"),
    "strays": ("{n} 个文件无人收取", "1 file that nobody collects", "{n} files that nobody collects"),
    "errors": ("{n} 处错误", "1 error", "{n} errors"),
    "runs_failed": ("运行失败", "the run failed", "the run failed"),
}


def say(key: str, language: str, **values: object) -> str:
    """Return the fixed words `key` in `language`, its placeholders filled."""
    return _WORDS[key][0 if language == "zh" else 1].format(**values)


def count(key: str, language: str, number: int) -> str:
    """Return `number` of the things called `key`, in the singular or plural."""
    zh, one, many = _COUNTED[key]
    return (zh if language == "zh" else one if number == 1 else many).format(n=number)


def quote(text: str, language: str) -> str:
    """Return reported text between quotation marks, which also keep a spreadsheet from running it."""
    return f"「{text}」" if language == "zh" else f"“{text}”"


def tidy(text: object, limit: int = 120, *, guard: bool = True) -> str:
    """Return foreign text as one visible line of at most `limit` characters.

    Line breaks and control characters become blanks; characters that turn the direction of writing, have no
    width or no meaning are dropped: with them a file name can pretend to be another one, and a header can be
    continued with a second one. A leading `=`, `+`, `-` or `@` gets an apostrophe with `guard`, so that
    the line stays text when it is pasted into a spreadsheet; a negative number stays as it is.
    """
    shown = []
    for char in str(text)[: limit * 4]:
        category = unicodedata.category(char)
        shown.append(" " if category in ("Cc", "Zl", "Zp") else "" if category[0] == "C" else char)
    line = " ".join("".join(shown).split())
    if guard and line[:1] in ("=", "+", "-", "@") and not _is_number(line):
        line = f"'{line}"
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _is_number(text: str) -> bool:
    return text[1:].replace(".", "", 1).replace(",", "").isdecimal() and text.isascii()
