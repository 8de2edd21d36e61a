"""How long a configuration takes to compile: `python -m bench.compile_catalogue [METRICS] [TIMES]`.

Writes a company of METRICS metrics (500) into a temporary folder: half of them reported, in files of 50, the others
ratios and formulas over these and over each other, every fifth with a second and third version; with 40 sources and
200 org units. Prints the seconds of each `load_catalogue`, the one thing that `./kpi check`, every task and every
command does first. Imports aren't counted; the first time includes making the table of units.
"""

import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from include.catalogue import load_catalogue

UNITS = ("CNY", "万元", "t", "件", "人", "kWh")
OVER = (("sum", "sum"), ("last", "sum"), ("average", "average"), ("max", "max"))
SOURCES, ORG_UNITS, METRICS_A_FILE = 40, 200, 50


def main(metrics: int, times: int) -> None:
    """Make the company once and compile it `times` times."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_company(folder, metrics, random.Random(7))
        taken = []
        for number in range(1, times + 1):
            begun = time.perf_counter()
            catalogue = load_catalogue(folder)
            taken.append(time.perf_counter() - begun)
            print(f"{number:3d}  {taken[-1]:5.2f} s  {len(catalogue.metrics)} metrics", flush=True)
    print(f"median {statistics.median(taken):.2f} s of {times}, worst {max(taken):.2f} s")


def write_company(folder: Path, metrics: int, chance: random.Random) -> None:
    reported = metrics - metrics // 2
    texts = [write_reported(number) for number in range(reported)]
    texts += [write_derived(number, chance.randrange(reported - 6)) for number in range(metrics // 2)]
    for start in range(0, metrics, METRICS_A_FILE):
        save(folder / "metrics" / f"part_{start}.yaml", "".join(texts[start : start + METRICS_A_FILE]))
    for number in range(SOURCES):
        save(folder / "sources" / f"source_{number}.yaml", write_source(number, reported))
    save(folder / "org.yaml", "- {unit: group, name: 集团}\n" + "".join(map(write_unit, range(ORG_UNITS))))
    save(folder / "people.yaml", "controller: {email: controller@example.com}\n")
    save(
        folder / "calendar.yaml",
        "{fiscal_year_starts: 1, holidays: CN, timezone: Asia/Shanghai, currency: CNY}\n",
    )


def write_reported(number: int) -> str:
    over_time, over_org = OVER[number // len(UNITS) % len(OVER)]
    return write_metric(
        f"m{number}",
        number,
        UNITS[number % len(UNITS)],
        f"  over_time: {over_time}\n  over_org: {over_org}\n",
    )


def write_derived(number: int, part: int) -> str:
    """Return a ratio, or a formula over reported metrics and the derived one before it."""
    like = part - part % len(UNITS)
    if number % 3 == 0:
        return write_metric(f"d{number}", number, '"%"', f"  ratio: {{of: m{like}, to: m{like + 1}}}\n")
    before = f" + coalesce(d{number - 1}, 0)" if number % 3 == 2 else ""
    tree = f"m{like} - if(m{like + 1} > 0 and not m{like} = 0, prior(m{like + 1}), coalesce(ytd(m{like}), 0))"
    return write_metric(f"d{number}", number, "CNY", f"  formula: {tree}{before}\n")


def write_metric(name: str, number: int, unit: str, aggregation: str) -> str:
    versions = (
        "  versions:\n    - {valid_from: 2025-01-01, definition: {zh: 第二版, en: Second}}\n"
        "    - {valid_from: 2026-01-01, definition: {zh: 第三版, en: Third}, better: down}\n"
    )
    return (
        f"{name}:\n  name: {{zh: 指标{number}, en: Metric {number}}}\n"
        f"  definition: {{zh: 第{number}个指标的口径, en: What metric {number} counts}}\n"
        f"  unit: {unit}\n  owner: controller\n  tier: internal\n  better: up\n{aggregation}"
        "  dimensions: [product, channel]\n" + (versions if number % 5 == 0 else "")
    )


def write_source(number: int, reported: int) -> str:
    own = range(number, reported, SOURCES)
    columns = "".join(f"  指标{metric}: {{type: decimal, metric: m{metric}, min: 0}}\n" for metric in own)
    return (
        f"source: source_{number}\nowner: controller\nkind: workbook\nlayout: {{kind: records}}\ncolumns:\n"
        "  单位: {type: text, is: org, required: true}\n  月份: {type: month, is: period, required: true}\n"
        f"  产品: {{type: text, is: dimension, name: product}}\n{columns}"
        f"checks:\n  - rule: 指标{own[0]} >= 指标{own[1]}\n"
    )


def write_unit(number: int) -> str:
    parent = "group" if number < 10 else f"u{number % 10}"
    names = f"name: {{zh: 单位{number}, en: Unit {number}}}, aliases: [U-{number}]"
    return f"- {{unit: u{number}, parent: {parent}, level: company, {names}}}\n"


def save(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    main(given[0] if given else 500, given[1] if given[1:] else 3)
