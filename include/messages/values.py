"""Words for findings on values and records: cells, rules, keys, totals, who owes what."""

from include.messages.shape import Message

VALUES: dict[str, Message] = {
    "not_a_number": (
        ("不是数字", "not a number"),
        ("数字[，或表示未报告的记号：{nulls}]", "a number[, or a mark for not reported: {nulls}]"),
        (
            "只填数字，不带文字和单位；没有数据请留空",
            "type the number alone, without words or units; leave the cell blank where there is none",
        ),
    ),
    "error_cell": (
        ("单元格是错误值", "the cell holds an error"),
        ("有效的数值", "a value"),
        ("修正该公式或直接填入数值", "mend the formula, or type the value"),
    ),
    "wrong_currency": (
        ("货币符号与该列的单位不符", "the currency sign contradicts the column's unit"),
        ("以 {unit} 计的金额", "an amount in {unit}"),
        ("换算成 {unit}，或去掉货币符号", "convert it to {unit}, or leave the sign out"),
    ),
    "unknown_currency": (
        ("未知的货币", "unknown currency"),
        (
            "ISO 4217 代码或货币名称，例如 USD、美元[；最接近的是：{nearest}]",
            "a code of ISO 4217 or a currency's name, such as USD or euro[; nearest: {nearest}]",
        ),
        (
            "改正货币；$ 和 ¥ 指多种货币，请写代码",
            "correct it; $ and ¥ are signs of several currencies, write the code",
        ),
    ),
    "rate_not_positive": (
        ("汇率不是正数", "the exchange rate isn't positive"),
        ("大于 0 的汇率", "a rate above 0"),
        ("改正汇率；没有汇率请留空", "correct the rate; leave the cell blank where there is none"),
    ),
    "weight_missing": (
        (
            "“{measure}”有数值，但权重“{column}”为空",
            "{measure!r} has a value, its weight {column!r} is blank",
        ),
        ("“{column}”的权重", "a weight in {column!r}"),
        ("填写权重；没有业务量时两者都留空", "fill in the weight; leave both blank where there was nothing"),
    ),
    "weight_negative": (
        ("“{measure}”的权重是负数", "the weight of {measure!r} is negative"),
        ("不小于 0 的权重", "a weight of at least 0"),
        ("改正权重", "correct the weight"),
    ),
    "ambiguous_number": (
        ("逗号或小数点的含义不明", "it could mean two numbers"),
        ("小数点为 .，千位分隔为 ,", "a point before decimals, commas between thousands"),
        ("去掉千位分隔符，小数用 . 书写", "leave thousands unseparated and write decimals with a point"),
    ),
    "percent_unknown": (
        ("看不出 0.12 是 0.12% 还是 12%", "this kind of file doesn't tell whether 0.12 means 0.12 % or 12 %"),
        (".xlsx 文件，或写明百分号的数字", "an .xlsx, or numbers with their % sign"),
        ("在 Excel 中另存为 .xlsx 后重新提交", "save it as .xlsx in Excel and deliver that"),
    ),
    "scaled_format": (
        ("单元格格式使显示的数与实际存储的数不同", "its number format shows another number than is stored"),
        ("显示与存储一致的数字", "a number that shows as it is stored"),
        (
            "将单元格格式设为“数值”，再按表头的单位核对数字",
            "give the cell an ordinary number format, then check the figure against the unit in the header",
        ),
    ),
    "digits_lost": (
        (
            "编号超过 15 位，按数字存储后末位已丢失",
            "a code of more than 15 digits that lost its last ones as a number",
        ),
        ("以文本存储的编号", "a code kept as text"),
        (
            "将该列设为文本格式后重新填写或导出",
            "format the column as text, then type or export the codes again",
        ),
    ),
    "not_an_integer": (
        ("不是整数", "not a whole number"),
        ("没有小数的数字", "a number without decimals"),
        ("请填入整数", "type a whole number"),
    ),
    "not_a_date": (
        ("不是有效日期", "not a valid date"),
        (
            "形如 {format} 的日期，1990 年以后、十年以内",
            "a date such as {format}, after 1990 and not ten years ahead",
        ),
        ("改正日期", "correct the date"),
    ),
    "ambiguous_date": (
        ("日和月的顺序不明", "day and month can't be told apart"),
        ("形如 2026-03-05 的日期", "a date such as 2026-03-05"),
        (
            "写成 2026-03-05；若整列都这样写，请在来源配置中声明 format",
            "write 2026-03-05; where the whole column is written so, declare `format` in the source",
        ),
    ),
    "date_serial": (
        ("像是 Excel 的日期序列号", "this looks like Excel's serial number of a date"),
        ("日期或期间，例如 2026-03-05", "a date or period such as 2026-03-05"),
        ("把单元格格式设为日期后重新保存", "format the cell as a date and save the workbook again"),
    ),
    "not_a_period": (
        ("不是有效期间", "not a period"),
        ("形如 {example} 或 2026-Q1 的期间", "a period such as {example} or 2026-Q1"),
        ("改正期间", "correct the period"),
    ),
    "ambiguous_period": (
        ("可能指两个期间", "it could mean two periods"),
        ("形如 {example} 的期间", "a period such as {example}"),
        ("写成 {example} 的形式", "write it like {example}"),
    ),
    "not_a_boolean": (
        ("不是“是”或“否”", "neither yes nor no"),
        ("是或否", "yes or no"),
        ("请填入 是 或 否", "type yes or no"),
    ),
    "required_blank": (
        ("必填项为空", "a required value is blank"),
        ("“{column}”的值", "a value of {column!r}"),
        ("请填写；没有发生额请填 0", "fill it in; write 0 where it is zero"),
    ),
    "not_allowed": (
        ("不在允许的值之中", "not one of the allowed values"),
        ("以下之一：{allowed}", "one of: {allowed}"),
        (
            "选择允许的值；若确有新值，请加入来源配置的 in",
            "choose an allowed value; a new one is added to `in` in the source",
        ),
    ),
    "below_min": (
        ("小于允许的最小值", "below the allowed minimum"),
        ("不小于 {min}", "at least {min}"),
        ("核对数值和单位", "check the figure and its unit"),
    ),
    "above_max": (
        ("大于允许的最大值", "above the allowed maximum"),
        ("不大于 {max}", "at most {max}"),
        ("核对数值和单位", "check the figure and its unit"),
    ),
    "pattern_mismatch": (
        ("写法不符合约定", "not written as agreed"),
        ("符合格式 {pattern} 的文本", "a text of the form {pattern}"),
        ("按约定的写法填写，例如参照同列的其他行", "write it as agreed, like the other rows of the column"),
    ),
    "duplicate_key": (
        ("与 {other} 重复", "the same again as {other}"),
        ("{keys} 的每种组合只出现一次", "each combination of {keys} once"),
        (
            "删除重复的一条；若确为两条，请增加能区分它们的列",
            "delete one of them; where both are meant, add a column that tells them apart",
        ),
    ),
    "unknown_org": (
        ("未知的组织单位", "unknown org unit"),
        (
            "组织结构中的单位[；最接近的是：{nearest}]",
            "a unit of the org tree[; nearest: {nearest}]",
        ),
        (
            "改正名称，或在 org.yaml 中加入：作为该单位的别名，或作为新单位",
            "correct the name, or add it in org.yaml: to its unit's aliases, or as a new unit",
        ),
    ),
    "org_not_in_force": (
        ("{org} 在 {period} 不存在", "{org} doesn't exist in {period}"),
        ("该期间有效的组织单位", "a unit in force in that period"),
        (
            "核对单位和期间；如有调整，请更新 org.yaml",
            "check unit and period; update org.yaml after a reorganisation",
        ),
    ),
    "org_not_expected": (
        ("{org} 不负责报送此来源", "{org} doesn't owe this source"),
        ("负责报送此来源的单位", "a unit that owes this source"),
        (
            "删除该单位的数据；若今后由它报送，请在来源配置的 expects.org 中加入它",
            "remove that unit's rows; where it is to report from now on, add it to the source's expects.org",
        ),
    ),
    "org_missing": (
        ("缺少应报送单位的数据：{unit}", "nothing for: {unit}"),
        ("每个应报送单位的数据", "data of every unit that owes them"),
        ("补充所缺单位的数据，重新提交整个文件", "add the missing units' data and deliver the whole again"),
    ),
    "unknown_unit": (
        ("表头的计量单位无法识别", "the unit in the header isn't known"),
        ("{unit}[；最接近的已知单位：{nearest}]", "{unit}[; nearest known units: {nearest}]"),
        (
            "改回 {unit}；若是新单位，请在 units.yaml 中定义；若括号内不是单位，请把整个表头加入该列的 aliases",
            "put {unit} back; define a new unit in units.yaml; where the brackets hold no unit, add the whole header "
            "to the column's `aliases`",
        ),
    ),
    "unit_changed": (
        ("表头的计量单位变了", "the unit in the header has changed"),
        ("{unit}", "{unit}"),
        ("按 {unit} 填报，或修改来源配置中的 unit", "report in {unit}, or change `unit` in the source"),
    ),
    "rule_broken": (
        ("不满足规则 {rule}", "the rule {rule} doesn't hold"),
        (
            "规则成立[；现在左边是 {left}，右边是 {right}][（允许相差 {tolerance}）]",
            "the rule to hold[; now its left side is {left}, its right side {right}][ (tolerance {tolerance})]",
        ),
        ("核对该行中参与计算的各项", "check the figures of that row which take part"),
    ),
    "control_total_mismatch": (
        ("合计“{label}”与明细之和不符", "the total {label!r} isn't the sum of its rows"),
        ("{expected}（容差 {tolerance}）", "{expected} (tolerance {tolerance})"),
        ("核对明细和合计公式", "check the rows and the total's formula"),
    ),
    "too_few_rows": (
        ("记录太少：{found}", "too few records: {found}"),
        ("至少 {limit} 条", "at least {limit}"),
        ("确认导出完整", "make sure that the export is complete"),
    ),
    "too_many_rows": (
        ("记录太多：{found}", "too many records: {found}"),
        ("至多 {limit} 条", "at most {limit}"),
        ("确认没有重复导出", "make sure that nothing was exported twice"),
    ),
    "shrunken": (
        ("记录比上次少得多：{found}，上次 {last}", "far fewer records than last time: {found} after {last}"),
        ("减少不超过 {share}%", "at most {share} % fewer"),
        (
            "确认导出完整；如属实，请调整 expects.rows.shrink",
            "make sure that the export is complete; if so, change expects.rows.shrink",
        ),
    ),
    "slice_shrunken": (
        (
            "{org} {period} 只剩 {found} 条记录，目前计入 {last} 条",
            "{org} {period} has only {found} records left of the {last} that count",
        ),
        ("减少不超过 {share}%", "at most {share} % fewer"),
        (
            "确认系统数据属实后批准：./kpi replay {batch} --force；否则修复系统，下次运行会重新读取",
            "if the system is right, approve it: ./kpi replay {batch} --force; if not, mend it and run again",
        ),
    ),
    "outside_window": (
        (
            "{org} {period} 不在所查询的日期范围内，可能只有一部分",
            "{org} {period} isn't within the dates that were asked for, and may be there in part",
        ),
        ("仅限所查询日期的记录", "records of those dates only"),
        (
            "在查询或请求中按 window_start、window_end 限定日期",
            "bound the query or request by window_start and window_end, on the column that says the date",
        ),
    ),
    "query_overtaken": (
        ("较新的查询（批次 {found}）已经入库", "a later query was loaded already: batch {found}"),
        ("最新的查询结果", "what was read last"),
        ("无需处理", "nothing: what counts is newer"),
    ),
    "no_values": (
        ("没有任何数值", "no values at all"),
        ("至少一个数值：{columns}", "at least one value in: {columns}"),
        (
            "填写后重新提交；数据来自系统时，请检查其查询或请求",
            "fill it in and deliver it again; where a system answered so, look at its query or request",
        ),
    ),
    "more_findings": (
        ("还有 {more} 处同样的问题（{what}）", "{more} more of the same ({what})"),
        ("", ""),
        ("先改正已列出的，再重新提交", "mend those listed, then deliver again"),
    ),
}
