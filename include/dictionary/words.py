"""The fixed words of the configuration, said so that people who don't know them can read a metric.

Tables keyed by the value that stands in the YAML: a value that a table lacks would be a gap in the dictionary,
which a test looks for.
"""

from include.catalogue.models import Words


def _words(**table: tuple[str, str]) -> dict[str, Words]:
    return {key.rstrip("_"): Words(zh=zh, en=en) for key, (zh, en) in table.items()}


KINDS = _words(
    base=("直接报送", "reported"),
    ratio=("比率", "ratio"),
    formula=("公式计算", "formula"),
)
OVER_TIME = _words(
    sum=("各期相加", "added up"),
    last=("取期末值", "value at the end"),
    average=("各期平均", "mean of the periods"),
    min=("取最小值", "smallest"),
    max=("取最大值", "largest"),
    none=("不汇总", "not aggregated"),
    weighted_average=("加权平均", "weighted average"),
    distinct=("去重计数", "each counted once"),
)
OVER_ORG = _words(
    sum=("各单位相加", "added up"),
    average=("各单位平均", "mean of the units"),
    min=("取最小值", "smallest"),
    max=("取最大值", "largest"),
    none=("不汇总", "not aggregated"),
    weighted_average=("加权平均", "weighted average"),
    distinct=("去重计数", "each counted once"),
)
CONSOLIDATIONS = _words(full=("全额计入", "in full"), proportionate=("按持股比例", "by ownership"))
GRAINS = _words(day=("日", "day"), week=("周", "week"), month=("月", "month"), quarter=("季度", "quarter"))
DERIVED = _words(
    ratio=("分子合计除以分母合计", "sum over sum"),
    formula=("先汇总，后计算", "computed after aggregation"),
)
TIERS = _words(
    public=("公开", "public"),
    internal=("内部", "internal"),
    confidential=("机密", "confidential"),
    restricted=("限制", "restricted"),
)
STATUSES = _words(draft=("草案", "draft"), active=("在用", "active"), retired=("停用", "retired"))
BETTER = _words(up=("越高越好", "higher is better"), down=("越低越好", "lower is better"))
REPORTED_AS = _words(
    flow=("当期数", "of the period"),
    ytd=("本年累计数", "year to date"),
    stock=("期末数", "at the end"),
)
SCENARIOS = _words(
    actual=("实际", "actual"),
    target=("目标", "target"),
    budget=("预算", "budget"),
    forecast=("预测", "forecast"),
)
SOURCE_KINDS = _words(
    workbook=("工作簿", "workbook"), sql=("数据库查询", "database query"), rest=("接口", "REST service")
)
SLICES = _words(
    day=("按日", "by day"),
    week=("按周", "by week"),
    month=("按月", "by month"),
    quarter=("按季度", "by quarter"),
)
AUTHORITIES = _words(primary=("计入指标", "counts"), cross_check=("仅作核对", "compared only, never counted"))
TYPES = _words(
    text=("文本", "text"),
    integer=("整数", "whole number"),
    decimal=("数值", "number"),
    date=("日期", "date"),
    week=("周", "week"),
    month=("月份", "month"),
    quarter=("季度", "quarter"),
    boolean=("是/否", "yes or no"),
)
ROLES = _words(
    org=("组织", "org unit"),
    date=("日期", "date"),
    period=("期间", "period"),
    dimension=("维度", "dimension"),
    currency=("币种", "currency"),
    weight=("权重", "weight"),
    key=("单号", "key"),
    ignore=("不读取", "not read"),
)
RATES = _words(average=("平均汇率", "average rate"), closing=("期末汇率", "closing rate"))
FIELDS = _words(
    name=("名称", "name"),
    definition=("定义", "definition"),
    kind=("类型", "kind"),
    over_time=("时间汇总", "over time"),
    over_org=("组织汇总", "over org"),
    grain=("最细期间", "finest period"),
    formula=("公式", "formula"),
    dimensions=("维度", "dimensions"),
    better=("方向", "direction"),
    owner=("负责人", "owner"),
    steward=("数据管理人", "steward"),
    tier=("密级", "tier"),
    status=("状态", "status"),
)
