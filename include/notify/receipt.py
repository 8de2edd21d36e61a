"""Set a receipt: what became of one delivered file, in tables that a clerk compares with it."""

from include.notify.letter import Section, Table
from include.notify.outcome import BatchOutcome, Change, Receipt, Total
from include.notify.words import count, say, tidy

MOST_TOTALS = 24


def describe_receipt(batch: BatchOutcome, language: str) -> Section:
    """Return the section of a batch that counts, or counted already."""
    receipt = batch.receipt or Receipt()
    subtitle = " · ".join(
        filter(None, (say(batch.outcome, language), say_rows(receipt, language), _slices(receipt, language)))
    )
    tables = tell_figures(receipt, language)
    return Section(
        tidy(batch.file) or say("system", language),
        subtitle,
        notes=(_sent_before(receipt, language),) if batch.outcome == "unchanged" else (),
        tables=tables,
        tone="good",
    )


def tell_figures(receipt: Receipt, language: str) -> tuple[Table, ...]:
    """Return the tables of a receipt: its totals, and the figures that it changed."""
    tables = []
    if receipt.totals:
        tables.append(_set_totals(receipt.totals, language))
    if receipt.changes:
        tables.append(_set_changes(receipt, language))
    return tuple(tables)


def say_rows(receipt: Receipt, language: str) -> str:
    """Return how many rows were read, and how many of them count or are held."""
    if receipt.rows_read is None:
        return ""
    numbers = {
        "read": f"{receipt.rows_read:,}",
        "accepted": f"{receipt.rows_read - receipt.rows_held:,}",
        "held": f"{receipt.rows_held:,}",
    }
    return say("rows_held" if receipt.rows_held else "rows", language, **numbers)


def _slices(receipt: Receipt, language: str) -> str:
    comma = "，" if language == "zh" else ", "
    numbers = {
        "new": receipt.slices - receipt.replaced,
        "replaced": receipt.replaced,
        "same": receipt.unchanged if receipt.slices else 0,
    }
    return comma.join(count(f"slices_{name}", language, number) for name, number in numbers.items() if number)


def _sent_before(receipt: Receipt, language: str) -> str:
    if receipt.same_as:
        return say("same_bytes", language, file=tidy(receipt.same_as), since=receipt.same_since)
    return say("same_cells", language)


def _set_totals(totals: tuple[Total, ...], language: str) -> Table:
    rows = tuple(_set_total(total, language) for total in totals[:MOST_TOTALS])
    left_out = len(totals) - MOST_TOTALS
    more = say("more_lines", language, count=left_out) if left_out > 0 else ""
    heads = tuple(say(key, language) for key in ("period", "metric", "total", "total_unit", "units"))
    return Table(say("totals", language), heads, rows, more)


def _set_total(total: Total, language: str) -> tuple[str, ...]:
    low, high = total.span
    reported = total.reported or (low if low == high else f"{low} – {high}")
    told = f"{reported} {total.reported_unit}" + ("" if total.reported else say("span", language))
    is_converted = total.reported and (total.value, total.unit) != (total.reported, total.reported_unit)
    converted = f"{total.value} {total.unit}" if is_converted else ""
    return total.period, _name(total, language), told, converted, str(total.units)


def _name(figure: Total | Change, language: str) -> str:
    name = tidy(figure.names[0 if language == "zh" else 1] or figure.metric, 60)
    if figure.scenario == "actual":
        return name
    scenario = say(figure.scenario, language)
    return f"{name}（{scenario}）" if language == "zh" else f"{name} ({scenario})"


def _set_changes(receipt: Receipt, language: str) -> Table:
    rows = []
    for change in receipt.changes:
        org = tidy(change.orgs[0 if language == "zh" else 1], 60)
        what = " · ".join([_name(change, language), *(tidy(value, 40) for value in change.dimensions)])
        rows.append(
            (
                tidy(change.place, 60) or "—",
                f"{org} {change.when}",
                what,
                change.old or "—",
                change.new or "—",
            )
        )
    left_out = receipt.changes_in_all - len(rows)
    more = say("more_changes", language, count=left_out) if left_out > 0 else ""
    heads = tuple(say(key, language) for key in ("place", "unit_period", "metric", "old", "new"))
    return Table(say("changes", language, count=receipt.changes_in_all), heads, tuple(rows), more)
