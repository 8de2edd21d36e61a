"""The sheet on how to read the figures: the words of the dictionary and of the boards, explained."""

from collections.abc import Collection, Iterator
from fractions import Fraction

from include.catalogue import Catalogue
from include.catalogue.currencies import convert_by_rate, currency_of, in_currency, write_unit
from include.catalogue.models import Words
from include.dictionary.describing import has_weeks
from include.dictionary.sources import list_reports, report_kind, unit_of
from include.dictionary.table import Cell, Row, Sheet, heading
from include.dictionary.words import (
    CONSOLIDATIONS,
    KINDS,
    OVER_ORG,
    OVER_TIME,
    RATES,
    REPORTED_AS,
    SCENARIOS,
    TIERS,
)

_HEADINGS = (
    heading("词", "Word (Chinese)", 20),
    heading("怎样理解", "What it means (Chinese)", 62),
    heading("英文", "Word (English)", 24),
    heading("英文说明", "What it means (English)", 62),
)
_TIME_MEANS = {
    "sum": Words(
        zh="季度等于各月之和，例如销售收入", en="A quarter is the sum of its months, such as revenue"
    ),
    "last": Words(
        zh="季度等于末月的期末值，例如库存、人数；各月不相加",
        en="A quarter has the value of its last month's end, such as stock or headcount; months aren't added",
    ),
    "average": Words(zh="季度等于各月平均值的平均", en="A quarter is the mean of its months' means"),
    "min": Words(zh="期间内最小的一个值", en="The least value within the period"),
    "max": Words(zh="期间内最大的一个值", en="The greatest value within the period"),
    "none": Words(
        zh="按期公布的数，不能由月推季；季度没有值，并说明原因",
        en="Published for its period and not to be added up; a quarter has no value, and says why",
    ),
    "weighted_average": Words(
        zh="各值乘以权重后相加，再除以权重之和，例如按销量加权的单价；各月不再平均",
        en="The values times their weights, over the sum of the weights, such as a price by what was sold; "
        "months aren't averaged",
    ),
    "distinct": Words(
        zh="同一客户（或单号等）在期间内出现多次只计一次；各月不相加",
        en="Whoever or whatever appears more than once in the period counts once; months aren't added",
    ),
}
_TIME_MEANS_BY_WEEK = {
    value: Words(zh=meaning.zh.replace("月", "周"), en=meaning.en.replace("month", "week"))
    for value, meaning in _TIME_MEANS.items()
}
_ORG_MEANS = {
    "sum": Words(zh="上级等于下级各单位之和", en="A unit is the sum of the units below it"),
    "average": Words(zh="上级等于下级各单位的简单平均", en="A unit is the plain mean of the units below it"),
    "min": Words(zh="下级各单位中最小的值", en="The least value of the units below"),
    "max": Words(zh="下级各单位中最大的值", en="The greatest value of the units below"),
    "none": Words(zh="只在报送的单位有值，不向上汇总", en="Only the unit that reports it has a value"),
    "weighted_average": Words(
        zh="下级各单位的值按权重平均，不是简单平均", en="The mean of the units below by their weights"
    ),
    "distinct": Words(
        zh="同一客户（或单号等）出现在几个单位也只计一次", en="What several units report counts once"
    ),
}
_CONSOLIDATION_MEANS = {
    "full": Words(zh="下级单位全额计入上级", en="A unit counts in the units above it in full"),
    "proportionate": Words(
        zh="下级单位按逐级持股比例的乘积计入上级",
        en="A unit counts in the units above it with the product of the ownership on the way",
    ),
}
_RATE_MEANS = {
    "average": Words(zh="外币发生额按当期平均汇率折算", en="Flows in a currency are converted at it"),
    "closing": Words(zh="外币期末数按期末汇率折算", en="What stands at the end is converted at it"),
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
        zh="财年年初至当期的累计；当期数等于本期累计减上期累计，缺上期累计则当期没有值",
        en="The fiscal year so far; a period is the difference to the one before, and none where that is missing",
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
    (Words(zh="按当时、按现在的组织", en="As it was, as it is"), Words(
        zh="按当时：各期间计入当时的上级；按现在：以往各期也计入现在的上级，便于前后对比",
        en="As it was: under the parent of its time. As it is: the past too under today's parent, to compare",
    )),
    (Words(zh="可比口径", en="Like for like"), Words(
        zh="只含本期和上年同期都属于该组织的单位", en="Only the units that belonged to the org unit in both periods",
    )),
)  # fmt: skip
_ROLLING = (
    Words(zh="近十二个月", en="Twelve months"),
    Words(
        zh="截至该期间的十二个月；缺任何一个月则没有值",
        en="The twelve months that end with the period; none where any of them is missing",
    ),
)
_ROLLING_BY_WEEK = (
    Words(zh="近五十二周", en="52 weeks"),
    Words(
        zh="截至该期间的五十二周；缺任何一周则没有值",
        en="The 52 weeks that end with the period; none where any of them is missing",
    ),
)
_CARRIED = (
    Words(zh="沿用", en="Carried forward"),
    Words(
        zh="期末没有盘点时，沿用指标所写天数内最近的一次；更早的不用，没有值并写明最近一次是哪天",
        en="Without a count at the end the latest within the metric's days counts; an older one doesn't, and is named",
    ),
)
_VERSIONS = (
    Words(zh="两种口径", en="Both definitions"),
    Words(
        zh="定义变更后，同一期间可以同时看新旧两种定义的数",
        en="After a definition has changed, a period can be seen by the old and by the new one",
    ),
)
_ELIMINATED = (
    Words(zh="内部抵销", en="Elimination"),
    Words(
        zh="集团内两个单位互报且相符的金额，在同时包含双方的上级中抵销；不符的不抵销，并写明",
        en="What two units of the group report alike of each other is left out of the units above both; "
        "what differs stays in, and the figure says so",
    ),
)
_TRANSLATED = (
    Words(zh="折算差额", en="Translation difference"),
    Words(
        zh="期末数按期末汇率折算，减去期初数和按平均汇率折算的变动，余下的就是折算差额",
        en="What remains of a closing balance less the opening one and the change at the average rate",
    ),
)
_Table = tuple[Words, dict[str, Words], dict[str, Words], Collection[str | None]]
"""A table's title, its words and their meanings by value, and the values in use."""


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
    for title, words, meanings, used in (*_metric_words(catalogue), *_report_words(catalogue)):
        terms = [_term(words[value], meaning) for value, meaning in meanings.items() if value in used]
        yield from (_title(title), *terms) if terms else ()
    yield _title(Words(zh="看板", en="On the boards"))
    yield from (_term(word, meaning) for word, meaning in _list_board_terms(catalogue))


def _metric_words(catalogue: Catalogue) -> Iterator[_Table]:
    """Yield the tables of words that metrics use."""
    every = [version for versions in catalogue.metrics.values() for version in versions]
    time_means = _TIME_MEANS_BY_WEEK if has_weeks(catalogue) else _TIME_MEANS
    shared = any(d.consolidation == "proportionate" for d in every)
    yield Words(zh="类型", en="Kind"), KINDS, _KIND_MEANS, {d.kind for d in every}
    yield Words(zh="时间汇总", en="Over time"), OVER_TIME, time_means, {d.over_time for d in every}
    yield Words(zh="组织汇总", en="Over org"), OVER_ORG, _ORG_MEANS, {d.over_org for d in every}
    consolidation = Words(zh="合并方式", en="Consolidation")
    yield consolidation, CONSOLIDATIONS, _CONSOLIDATION_MEANS, CONSOLIDATIONS if shared else ()
    yield Words(zh="密级", en="Tier"), TIERS, _TIER_MEANS, {d.tier for d in every}


def _report_words(catalogue: Catalogue) -> Iterator[_Table]:
    """Yield the tables of words that columns and rows of sources use."""
    measures = [report.measure for report in list_reports(catalogue)]
    kinds = {report_kind(catalogue, measure) for measure in measures}
    yield Words(zh="报送口径", en="Reported as"), REPORTED_AS, _REPORT_MEANS, kinds
    yield Words(zh="场景", en="Scenario"), SCENARIOS, _SCENARIO_MEANS, {one.scenario for one in measures}
    yield Words(zh="汇率", en="Currency rates"), RATES, _RATE_MEANS, {one.rate for one in measures}


def _list_board_terms(catalogue: Catalogue) -> Iterator[tuple[Words, Words]]:
    """Yield the words of the boards: those of any company, and those of what this one uses."""
    yield from _BOARD
    yield _ROLLING_BY_WEEK if has_weeks(catalogue) else _ROLLING
    definitions = [version for versions in catalogue.metrics.values() for version in versions]
    used = (
        (_CARRIED, any(d.carry_forward is not None for d in definitions)),
        (_VERSIONS, any(d.version > 1 for d in definitions)),
        (_ELIMINATED, bool(catalogue.eliminations)),
        (_TRANSLATED, any(report.measure.rate for report in list_reports(catalogue))),
    )
    yield from (term for term, is_used in used if is_used)


def _list_units(catalogue: Catalogue) -> Iterator[Row]:
    """Yield each conversion from a unit that departments report in to one that the warehouse keeps."""
    pairs = {
        (str(unit_of(catalogue, report.measure)), catalogue.latest(str(report.measure.feeds)).unit)
        for report in list_reports(catalogue)
    }
    yield _title(Words(zh="报送单位的换算", en="Conversion of reported units"))
    for reported, kept in sorted(pairs):
        if meaning := _describe_conversion(catalogue, reported, kept):
            yield _term(Words(zh=reported, en=reported), meaning)


def _describe_conversion(catalogue: Catalogue, reported: str, kept: str) -> Words | None:
    """Return how many of a metric's unit a reported one is, or of its like in another currency; None for one alike."""
    units = catalogue.units
    if not convert_by_rate(units, reported, kept):
        factor = units.factor(reported, kept)
        said = f"1 {reported} = {_format_factor(factor)} {kept}"
        return None if factor == 1 else Words(zh=said, en=said)
    given = units.parse(reported)
    currency = str(currency_of(given))
    factor = given.factor / in_currency(units.parse(kept), currency).factor
    said = f"1 {reported} = {_format_factor(factor)} {write_unit(units, kept, currency)}"
    if factor == 1:
        return Words(zh=f"按汇率折算成 {kept}", en=f"converted to {kept} at the rate")
    return Words(zh=f"{said}，再按汇率折算成 {kept}", en=f"{said}, then converted to {kept} at the rate")


def _format_factor(factor: Fraction) -> str:
    """Return an exact factor as a decimal where it has one of at most 12 places, else as a fraction."""
    return f"{float(factor):,.12g}" if (factor * 10**12).denominator == 1 else str(factor)


def _title(words: Words) -> Row:
    return Row("", (Cell(words.zh), Cell(), Cell(words.en), Cell()), title=True)


def _term(word: Words, meaning: Words) -> Row:
    return Row(
        "", (Cell(word.zh, tint="name"), Cell(meaning.zh), Cell(word.en, tint="name"), Cell(meaning.en))
    )
