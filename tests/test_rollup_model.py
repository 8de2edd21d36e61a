"""Month and quarter values of random small cases against a model in plain Decimal, without code of the product."""

import os
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from include import warehouse
from tests.company import Company, Fact

MONTHS = ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"]
QUARTERS = {"2026-Q1": MONTHS[:3], "2026-Q2": MONTHS[3:]}
UNITS = ["p1", "p2", "p3"]
METRICS = ["sales", "cost", "stock", "price", "staff"]
Key = tuple[str, str, str]  # metric, unit, month


def parent(unit: str, month: str) -> str:
    return "east" if unit == "p1" or (unit == "p2" and month < "2026-05") else "west"


def quotient(dividend: Decimal, divisor: Decimal) -> Decimal | None:
    with localcontext(prec=200):
        return (dividend / divisor).quantize(Decimal("1e-12"), ROUND_HALF_UP) if divisor else None


def month_value(facts: dict[Key, Decimal], metric: str, org: str, months: list[str]) -> Decimal | str | None:
    """Value at `org` over `months` (one, or a quarter's three); "none" where nothing was reported."""
    below = lambda unit, month: org in ("group", unit, parent(unit, month))  # noqa: E731
    if metric == "cost_rate":
        of, to = (month_value(facts, part, org, months) for part in ("cost", "sales"))
        if of == to == "none":
            return "none"
        return None if isinstance(of, str) or isinstance(to, str) else quotient(of * 100, to)  # type: ignore[operator]
    own = {k: v for k, v in facts.items() if k[0] == metric and k[2] in months}
    if metric == "stock":
        there = [
            unit
            for unit in UNITS
            if below(unit, months[-1]) and any((metric, unit, m) in own for m in months)
        ]
        if not there:
            return "none"
        last = [own[metric, unit, months[-1]] for unit in there if (metric, unit, months[-1]) in own]
        return sum(last) if last else None  # type: ignore[return-value]
    values: list[Decimal] = []
    for unit in UNITS:
        seen = [own[metric, unit, m] for m in months if (metric, unit, m) in own]
        here = [own[metric, unit, m] for m in months if (metric, unit, m) in own and below(unit, m)]
        if here:
            if metric in {"sales", "cost"}:
                values.append(sum(here))  # type: ignore[arg-type]
            else:
                values.append(sum(here) / len(seen if metric == "staff" else here))  # type: ignore[arg-type]
    if not values:
        return "none"
    return sum(values) / len(values) if metric == "price" else sum(values)  # type: ignore[return-value]


numbers = st.decimals("-1e12", "1e12", places=6, allow_nan=False, allow_infinity=False)
slices = st.dictionaries(st.sampled_from(METRICS), numbers, min_size=1)
deliveries = st.lists(
    st.dictionaries(
        st.tuples(st.sampled_from(UNITS), st.sampled_from(MONTHS)), slices, min_size=1, max_size=5
    ),
    min_size=1,
    max_size=4,
)


def apply(facts: dict[Key, Decimal], delivery: dict[Any, dict[str, Decimal]]) -> None:
    for (unit, month), values in delivery.items():
        for key in [key for key in facts if key[1:] == (unit, month)]:
            del facts[key]
        facts.update({(metric, unit, month): value for metric, value in values.items()})


def differences(company: Company, facts: dict[Key, Decimal]) -> list[Any]:
    found = {
        (row.metric, row.org, row.period): row.value
        for grain in ("month", "quarter")
        for row in company.query(f"SELECT * FROM bi.kpi_{grain}")
    }
    wrong = []
    for period, months in ({month: [month] for month in MONTHS} | QUARTERS).items():
        for org in ("group", "east", "west", *UNITS):
            for metric in (*METRICS, "cost_rate"):
                wanted = month_value(facts, metric, org, months)
                got = found.get((metric, org, period), "none")
                near = (
                    isinstance(wanted, Decimal)
                    and isinstance(got, Decimal)
                    and abs(wanted - got) < Decimal("5e-12")
                )
                exact = metric in ("sales", "cost", "stock", "cost_rate")
                if not (got == wanted or (near and not exact)):
                    wrong.append((metric, org, period, got, wanted))
    return wrong


@settings(max_examples=int(os.environ.get("KPI_TEST_EXAMPLES", "12")), deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(steps=deliveries)
def test_every_value_is_the_models(company: Company, steps: list[dict[Any, dict[str, Decimal]]]) -> None:
    empty(company)
    facts: dict[Key, Decimal] = {}
    for step in steps:
        apply(facts, step)
        company.count(
            *[
                Fact(m, unit, month, str(v))
                for (unit, month), values in step.items()
                for m, v in values.items()
            ]
        )
    assert differences(company, facts) == []
    rows = company.value("SELECT count(*) FROM ledger.kpi")
    with warehouse.connect() as connection:
        warehouse.run(connection, "rollup/touch_all", cause="recomputation")
    company.roll_up()
    assert company.value("SELECT count(*) FROM ledger.kpi") == rows, "a recomputation finds nothing to change"


def empty(company: Company) -> None:
    """Withdraw all that stands, as a new database for each example would cost a second."""
    from sqlalchemy import text

    with warehouse._engine(warehouse.loader_url()).begin() as owner:
        owner.execute(text("TRUNCATE ledger.submission, ledger.coverage, ledger.fact, ledger.part, ledger.kpi, "
                           "ledger.touched_month, ledger.touched_quarter CASCADE"))  # fmt: skip
