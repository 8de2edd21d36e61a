"""The sheet on how to read the figures: the words of the dictionary and of the boards, explained."""

from collections.abc import Iterator
from fractions import Fraction

from include.catalogue import Catalogue
from include.catalogue.models import Words
from include.dictionary.sources import list_reports, report_kind, unit_of
from include.dictionary.table import Cell, Row, Sheet, heading
from include.dictionary.words import KINDS, OVER_ORG, OVER_TIME, REPORTED_AS, SCENARIOS, TIERS

_HEADINGS = (
    heading("词", "Word (Chinese)", 20),
    heading("怎样理解", "What it means (Chinese)", 62),
    heading("英文", "Word (English)", 24),
    heading("英文说明", "What it means (English)", 62),
)
_TIME_MEANS = {
    "sum": Words(
        zh="季度等于三个月之和，例如销售收入", en="A quarter is the sum of its months, such as revenue"
    ),
    "last": Words(
        zh="季度等于最后一个月的期末值，例如库存、人数；各月不相加",
        en="A quarter has the value of its last month's end, such as stock or headcount; months aren't added",
    ),
    "average": Words(zh="季度等于各月平均值的平均", en="A quarter is the mean of its months' means"),
    "min": Words(zh="期间内最小的一个值", en="The least value within the period"),
    "max": Words(zh="期间内最大的一个值", en="The greatest value within the period"),
    "none": Words(
        zh="按期公布的数，不能由月推季；季度没有值，并说明原因",
        en="Published for its period and not to be added up; a quarter has no value, and says why",
    ),
}
_ORG_MEANS = {
    "sum": Words(zh="上级等于下级各单位之和", en="A unit is the sum of the units below it"),
    "average": Words(zh="上级等于下级各单位的简单平均", en="A unit is the plain mean of the units below it"),
    "min": Words(zh="下级各单位中最小的值", en="The least value of the units below"),
    "max": Words(zh="下级各单位中最大的值", en="The greatest value of the units below"),
    "none": Words(zh="只在报送的单位有值，不向上汇总", en="Only the unit that reports it has a value"),
}
_KIND_MEANS = {
    "base": Words(zh="由部门直接报送，再按时间和组织汇总", en="Reported by departments, then rolled up"),
    "ratio": Words(
        zh="每个单位、每个期间都是分子合计除以分母合计；比率从不相加，也从不平均",
        en="Sum of the numerator over sum of the denominator, for every unit and period; never added or averaged",
    ),
    "formula": Words(
        zh="先把各组成部分汇总，再计算公式；缺一部分则没有值，除非公式写明按多少计",
        en="Parts are rolled up first, then the formula applies; no value without a part, unless the formula says so",
    ),
}
_REPORT_MEANS = {
    "flow": Words(zh="只含当期发生的数", en="What happened in the period itself"),
    "ytd": Words(
        zh="财年年初至当期的累计；当月数等于本月累计减上月累计，缺上月累计则当月没有值",
        en="The fiscal year so far; a month is the difference to the month before, and none where that is missing",
    ),
    "stock": Words(zh="期末时点的数", en="How it stands at the period's end"),
}
_SCENARIO_MEANS = {
    "actual": Words(zh="实际发生的数", en="What happened"),
    "target": Words(
        zh="目标值；达成率等于实际除以目标", en="What is aimed at; attainment is actual over target"
    ),
    "budget": Words(zh="预算值", en="What is budgeted"),
    "forecast": Words(zh="预测值", en="What is expected"),
}
_TIER_MEANS = {
    "public": Words(zh="可对外公开", en="May be published"),
    "internal": Words(zh="仅限公司内部", en="For the company only"),
    "confidential": Words(zh="仅限有需要的人员", en="For those who need it"),
    "restricted": Words(zh="仅限指定人员", en="For named people only"),
}
_BOARD = (
    (Words(zh="完整度", en="Completeness"), Words(
        zh="已报送的单位占应报送单位的比例；不到 100% 的数是部分数，并注明几个单位已报",
        en="The share of the units that owe a report and have reported; below 100% a figure is partial and says so",
    )),
    (Words(zh="重述", en="Restatement"), Words(
        zh="已完整的数后来被更正；旧值不删除，可按任一时点查看当时的数",
        en="A complete figure that was corrected later; the old value is kept and can be seen as of any moment",
    )),
    (Words(zh="没有值", en="No value"), Words(
        zh="空白不等于零：没有值时总会写明原因", en="Blank isn't zero: where there is no value the reason is given",
    )),
    (Words(zh="本年累计", en="Year to date"), Words(
        zh="财年年初至该期间", en="From the start of the fiscal year to the end of the period",
    )),
    (Words(zh="环比、同比", en="Change, year on year"), Words(
        zh="与上一期间、与上年同一期间相比的变动",
        en="Compared with the period before, and with the same period a year before",
    )),
    (Words(zh="红黄绿", en="Red, amber, green"), Words(
        zh="达到目标（或在范围内）为绿；偏差在指标所写的幅度以内为黄；再差为红",
        en="Green on target or inside the band; amber within the metric's margin; red beyond it",
    )),
)  # fmt: skip


def list_terms(catalogue: Catalogue) -> Sheet:
    """Return the words that this configuration uses, each explained in both languages, and its units."""
    return Sheet(
        "guide",
        Words(zh="单位与口径", en="How to read"),
        Words(zh="字典和看板里的词", en="The words of the dictionary and the boards"),
        _HEADINGS,
        (*_list_words(catalogue), *_list_units(catalogue)),
    )


def _list_words(catalogue: Catalogue) -> Iterator[Row]:
    """Yield what the configuration uses of each table of words; then what the boards say."""
    definitions = [version for versions in catalogue.metrics.values() for version in versions]
    reports = list(list_reports(catalogue))
    tables = (
        (Words(zh="类型", en="Kind"), KINDS, _KIND_MEANS, {d.kind for d in definitions}),
        (Words(zh="时间汇总", en="Over time"), OVER_TIME, _TIME_MEANS, {d.over_time for d in definitions}),
        (Words(zh="组织汇总", en="Over org"), OVER_ORG, _ORG_MEANS, {d.over_org for d in definitions}),
        (
            Words(zh="报送口径", en="Reported as"),
            REPORTED_AS,
            _REPORT_MEANS,
            {report_kind(catalogue, report.measure) for report in reports},
        ),
        (
            Words(zh="场景", en="Scenario"),
            SCENARIOS,
            _SCENARIO_MEANS,
            {report.measure.scenario for report in reports},
        ),
        (Words(zh="密级", en="Tier"), TIERS, _TIER_MEANS, {d.tier for d in definitions}),
    )
    for title, words, meanings, used in tables:
        yield _title(title)
        yield from (_term(words[value], meaning) for value, meaning in meanings.items() if value in used)
    yield _title(Words(zh="看板", en="On the boards"))
    yield from (_term(word, meaning) for word, meaning in _BOARD)


def _list_units(catalogue: Catalogue) -> Iterator[Row]:
    """Yield each conversion from a unit that departments report in to one that the warehouse keeps."""
    pairs = {
        (str(unit_of(catalogue, report.measure)), catalogue.latest(str(report.measure.metric)).unit)
        for report in list_reports(catalogue)
    }
    yield _title(Words(zh="报送单位的换算", en="Conversion of reported units"))
    for reported, kept in sorted(pairs):
        factor = catalogue.units.factor(reported, kept)
        if factor == 1:
            continue
        said = f"1 {reported} = {_format_factor(factor)} {kept}"
        yield _term(Words(zh=reported, en=reported), Words(zh=said, en=said))


def _format_factor(factor: Fraction) -> str:
    """Return an exact factor as a decimal where it has one of at most 12 places, else as a fraction."""
    return f"{float(factor):,.12g}" if (factor * 10**12).denominator == 1 else str(factor)


def _title(words: Words) -> Row:
    return Row("", (Cell(words.zh), Cell(), Cell(words.en), Cell()), title=True)


def _term(word: Words, meaning: Words) -> Row:
    return Row(
        "", (Cell(word.zh, tint="name"), Cell(meaning.zh), Cell(word.en, tint="name"), Cell(meaning.en))
    )
