"""What was reported, in the metrics' units, gathered for the control totals straight from the figures."""

from collections import defaultdict
from decimal import Decimal

from examples.company.control_metrics import FINANCE, PEOPLE, STOCK, TARGETS
from examples.company.figures import CODES, Figures, Month

WAN, MWH, ONE = Decimal(10_000), Decimal(1_000), Decimal(1)
Values = dict[tuple[str, Month], list[Decimal]]
Reported = dict[str, Values]


def gather_reported(
    figures: Figures, sales: dict[tuple[str, str, Month], Decimal]
) -> tuple[Reported, Reported]:
    """Return actuals and targets per metric as {(unit, month): [values]}; what is missing has no entry."""
    actual: Reported = defaultdict(lambda: defaultdict(list))
    target: Reported = defaultdict(lambda: defaultdict(list))
    _gather_finance(figures, actual, target)
    _gather_people(figures, actual, target)
    _gather_stock(figures, actual)
    _gather_output(figures, actual, target)
    for day, plant, _, inspected, passed in figures.quality:
        for metric, count in (("inspected", inspected), ("passed", passed), ("defects", inspected - passed)):
            _keep(actual[metric], plant, (day.year, day.month), Decimal(count))
    for (metric, store, month), value in sales.items():
        _keep(actual[metric], store, month, value)
    return actual, target


def _gather_finance(figures: Figures, actual: Reported, target: Reported) -> None:
    for company, months in figures.finance.items():
        for month, rows in months.items():
            for label, metric in FINANCE.items():
                _keep(actual[metric], company, month, rows[label], WAN)
            for label, metric in TARGETS.items():
                _keep(target[metric], company, month, rows[label], WAN)


def _gather_people(figures: Figures, actual: Reported, target: Reported) -> None:
    for month, units in figures.hr.items():
        for unit, columns in units.items():
            for label, metric in PEOPLE.items():
                _keep(actual[metric], unit, month, columns[label], WAN if metric == "payroll" else ONE)
            _keep(target["headcount"], unit, month, columns["编制（人）"])


def _gather_stock(figures: Figures, actual: Reported) -> None:
    for month, places in figures.stock.items():
        for (unit, _), counted in places.items():
            for metric, value in zip(STOCK, counted, strict=True):
                factor = WAN if metric == "inventory_value" else ONE
                _keep(actual[metric], unit, month, Decimal(str(value)), factor)


def _gather_output(figures: Figures, actual: Reported, target: Reported) -> None:
    plants = {code: unit for unit, code in CODES.items()}
    for record in figures.mes:
        plant, (year, month) = plants[record["plant"]["code"]], map(int, record["day"].split("-")[:2])
        made, machine = record["output"], record["machine"]
        for metric, number in (
            ("output", made["good_t"]),
            ("scrap", made["scrap_kg"]),
            ("machine_hours", machine["hours"]),
            ("downtime", machine["downtime_hours"]),
            ("availability", machine["availability"]),
        ):
            _keep(actual[metric], plant, (year, month), Decimal(str(number)))
        _keep(actual["electricity"], plant, (year, month), Decimal(str(record["energy_mwh"])), MWH)
        _keep(target["output"], plant, (year, month), Decimal(str(made["plan_t"])))


def _keep(values: Values, unit: str, month: Month, value: Decimal | None, factor: Decimal = ONE) -> None:
    if value is not None:
        values[unit, month].append(value * factor)
