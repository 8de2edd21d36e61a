"""Words for every finding code, in Chinese and English: what is wrong, what was expected, how to mend it.

Each entry of MESSAGES is `code: (title, expected, remedy)`, each a `(zh, en)` pair with `str.format`
placeholders filled from `Finding.params` (plus `found`, `sheet`, `cell`, `column`, `org`, `period`, `rule`).
A placeholder without a value is left empty rather than failing: a message must never hide the refusal. What
stands in square brackets is left out where a placeholder in it has no value. TERMS has the Chinese words for
the fixed English ones that params carry.
"""

import re
from collections import defaultdict

from include.errors import Finding

Words = tuple[str, str]
MESSAGES: dict[str, tuple[Words, Words, Words]] = {
    # the file as a whole
    "empty_file": (
        ("文件是空的", "the file is empty"),
        ("有内容的工作簿", "a workbook with content"),
        ("请重新导出并放入文件夹", "export it again and drop it anew"),
    ),
    "no_plain_file": (
        ("不收取：{kind}", "not taken in: {kind}"),
        (
            "放在收件文件夹或其下一级文件夹中的普通文件",
            "a file of its own in the inbox, or in a folder directly below it",
        ),
        ("请把文件本身复制到收件文件夹", "copy the file itself into the inbox"),
    ),
    "replay_outdated": (
        (
            "{org} {period} 在该文件之后已另行处理（{how}，提交 {submission}，{moment}）",
            "{org} {period} was {how} since that file (submission {submission}, {moment})",
        ),
        (
            "自该文件收取后没有变动的单位和期间",
            "an org unit and period that nothing has changed since that file came",
        ),
        (
            "如确要用该旧文件替换，请运行 ./kpi replay 并加 --force；否则无需处理",
            "nothing, if what counts now is right; to replace it by the older file, replay it with --force",
        ),
    ),
    # workbooks: the file, its sheets, headers and labels
    "truncated_file": (
        ("文件不完整", "the file is incomplete"),
        ("完整的文件", "a whole file"),
        (
            "文件可能在复制时中断；请重新复制或重新导出",
            "copying may have been cut short; copy or export it again",
        ),
    ),
    "not_a_workbook": (
        ("不是工作簿，而是：{kind}", "not a workbook but: {kind}"),
        (
            ".xlsx、.xls、.xlsb、.ods 工作簿或 .csv 文本",
            "a workbook (.xlsx, .xls, .xlsb, .ods) or a text file (.csv)",
        ),
        (
            "请放入工作簿本身；若该文件能用 Excel 打开，请在 Excel 中另存为 .xlsx 后再放入",
            "drop the workbook itself; where Excel can open this file, save it there as .xlsx first",
        ),
    ),
    "encrypted": (
        ("文件有密码保护", "the file is password-protected"),
        ("没有密码的工作簿", "a workbook without password"),
        (
            "在 Excel 中取消“用密码进行加密”后再保存",
            "remove the password in Excel (File, Info, Protect Workbook) and save it",
        ),
    ),
    "damaged_file": (
        ("文件已损坏（{detail}）", "the file is damaged ({detail})"),
        ("能完整读取的工作簿", "a workbook that can be read in full"),
        ("在 Excel 中打开并修复后另存为 .xlsx", "open and repair it in Excel, save it as .xlsx"),
    ),
    "limit_exceeded": (
        ("{limit}超出限制：{actual}", "{limit} beyond the limit: {actual}"),
        ("{limit}不超过 {allowed}", "{limit} of at most {allowed}"),
        (
            "在 Excel 中打开，删除多余的内容（包括远离表格的零星单元格，可按 Ctrl+End 查看），另存为新的 .xlsx；"
            "确需这么大时请拆分，或请管理员调整限制",
            "open it in Excel, remove what isn't needed (a stray cell far from the table too: Ctrl+End goes there) and "
            "save it as a new .xlsx; split it where it must be so large, or ask the administrator for a higher limit",
        ),
    ),
    "reader_failed": (
        ("读取程序无法读取该文件（{detail}）", "the reader failed on this file ({detail})"),
        ("能完整读取的工作簿", "a workbook that can be read in full"),
        ("在 Excel 中另存为 .xlsx 后重新放入", "save it as .xlsx in Excel and drop it again"),
    ),
    "bad_quotes": (
        ("第 {row} 行的引号不成对", "quotes don't pair up in row {row}"),
        ("成对的引号", "quotes in pairs"),
        ("重新导出该文件", "export the file again"),
    ),
    "ragged_rows": (
        ("第 {row} 行有 {actual} 个字段", "row {row} has {actual} fields"),
        ("{expected} 个字段，与首行相同", "{expected} fields, as in the first row"),
        ("检查该行是否多了或少了分隔符", "look for a delimiter too many or too few in that row"),
    ),
    "text_read_as": (
        (
            "文本按 {encoding} 编码、分隔符 {delimiter} 读取",
            "text read as {encoding} with the delimiter {delimiter}",
        ),
        ("", ""),
        (
            "如不正确，请在来源配置中声明 encoding 和 delimiter",
            "where that is wrong, declare encoding and delimiter in the source's layout",
        ),
    ),
    "file_name_mismatch": (
        ("文件名不符合约定", "the file's name doesn't follow the pattern"),
        ("形如 {pattern} 的文件名", "a name such as {pattern}"),
        ("请改名后重新放入", "rename it and drop it again"),
    ),
    "sheet_missing": (
        ("缺少工作表“{wanted}”", "the sheet {wanted!r} is missing"),
        ("工作表“{wanted}”；现有：{present}", "the sheet {wanted!r}; present: {present}"),
        (
            "恢复工作表名称，或使用模板重新填写[；该文件用的是 {made} 的旧模板，请领取新模板]",
            "give the sheet its name back, or fill in the template[; this file was made from the old one of {made}]",
        ),
    ),
    "sheet_ambiguous": (
        ("多个工作表都有所需的表头：{found}", "several sheets hold the declared header: {found}"),
        ("只有一个这样的工作表", "one such sheet"),
        (
            "删除多余的工作表，或在来源配置中声明 sheet",
            "remove the others, or declare `sheet` in the source's layout",
        ),
    ),
    "header_missing": (
        ("找不到表头", "the header can't be found"),
        ("含有 {columns} 的表头行", "a header row with {columns}"),
        (
            "请使用该来源的模板填写；检查文件是否放错了文件夹[；该文件用的是 {made} 的旧模板，请领取新模板]",
            "fill in this source's template; make sure that the file was dropped in the right folder"
            "[; this file was made from the old template of {made}: fetch the new one]",
        ),
    ),
    "column_missing": (
        ("缺少列“{column}”", "the column {column!r} is missing"),
        (
            "列“{column}”[；最接近的是“{nearest}”][；现有的列：{present}]",
            "the column {column!r}[; the nearest is {nearest!r}][; there are: {present}]",
        ),
        (
            "把“{column}”列加回或改回原名[；如已正式改名，请管理员在 sources/{source}.yaml 的“{column}”中加上 {alias}]"
            "[；该文件用的是 {made} 的旧模板，请领取新模板]",
            "put the column {column!r} back or give it its name back"
            "[; if it was renamed for good, add {alias} to column {column!r} in sources/{source}.yaml]"
            "[; this file was made from the old template of {made}: fetch the new one]",
        ),
    ),
    "row_missing": (
        ("缺少行“{column}”", "the row {column!r} is missing"),
        (
            "行“{column}”[；最接近的是“{nearest}”][；现有的行：{present}]",
            "the row {column!r}[; the nearest is {nearest!r}][; there are: {present}]",
        ),
        (
            "把“{column}”行加回或改回原名[；如已正式改名，请管理员在 sources/{source}.yaml 的“{column}”中加上 {alias}]"
            "[；该文件用的是 {made} 的旧模板，请领取新模板]",
            "put the row {column!r} back or give it its name back"
            "[; if it was renamed for good, add {alias} to row {column!r} in sources/{source}.yaml]"
            "[; this file was made from the old template of {made}: fetch the new one]",
        ),
    ),
    "duplicate_label": (
        ("名称重复：{cells}", "the label stands more than once: {cells}"),
        ("每个名称只出现一次", "each label once"),
        ("删除或改名多余的一个", "remove or rename the others"),
    ),
    "other_template": (
        ("这是来源“{other}”的模板", "this is the template of the source {other}"),
        ("来源 {source} 的模板", "the template of {source}"),
        (
            "请放入 inbox/{other}/；如果数据属于 {source}，请改用它的模板填写",
            "drop it in inbox/{other}/; where the figures belong to {source}, fill in the template of that",
        ),
    ),
    "template_outdated": (
        ("该文件用的是 {made} 的旧模板", "made from the old template of {made}"),
        ("", ""),
        (
            "请领取新模板（./kpi template {source}），下次用它填写",
            "fetch the new one (./kpi template {source}) for the next time",
        ),
    ),
    "label_missing": (
        ("有数值但没有行名", "figures beside a blank row label"),
        ("每行数值都有行名", "a label beside every row of figures"),
        ("填写行名，或删除该行的数值", "fill in the label, or clear the figures"),
    ),
    "label_moved": (
        (
            "“{column}”的名称不在该单元格的左侧或上方",
            "the label {column!r} stands neither left of nor above this cell",
        ),
        ("未移动过的表单", "the form as it was handed out"),
        (
            "不要插入或删除行列；请使用模板重新填写[；如名称已正式改为“{nearest}”，请管理员在 sources/{source}.yaml 的"
            "“{column}”中加上 {alias}][；该文件用的是 {made} 的旧模板，请领取新模板]",
            "don't insert or delete rows or columns; fill in the template anew"
            "[; if it is called {nearest!r} for good, add {alias} to {column!r} in sources/{source}.yaml]"
            "[; this file was made from the old template of {made}: fetch the new one]",
        ),
    ),
    "period_header_unknown": (
        ("表头像是期间，但格式不符", "the header looks like a period but is written otherwise"),
        ("形如 {pattern} 的期间", "a period such as {pattern}"),
        (
            "按约定格式填写期间[；该文件用的是 {made} 的旧模板，请领取新模板]",
            "write the period as declared[; this file was made from the old template of {made}: fetch the new one]",
        ),
    ),
    "formula_without_value": (
        ("公式没有计算结果", "a formula without a calculated value"),
        ("已计算的数值", "a calculated value"),
        ("在 Excel 中打开、重新计算并保存", "open it in Excel, recalculate and save it"),
    ),
    "doubtful_total": (
        ("像是合计行，但名称未声明", "this looks like a total, but its label isn't declared"),
        ("已声明的合计名称或一条数据", "a declared total label, or a record"),
        (
            "改用约定的合计名称，或在来源配置的 total_rows.label 中加入它",
            "use an agreed total label, or add it to total_rows.label in the source",
        ),
    ),
    "doubtful_part": (
        ("像是另一行的一部分，会重复计算", "this looks like a part of another row, which would count twice"),
        ("每条数据只计一次", "records that count once"),
        ("删除该行，或将它放在不读取的位置", "delete the row, or keep it apart from the records"),
    ),
    "units_differ": (
        ("“{column}”的单位在各工作表不一致", "the unit of {column!r} differs between sheets"),
        ("各工作表单位一致：{other}", "one unit on all sheets: {other}"),
        ("统一单位后重新提交", "use one unit and drop it again"),
    ),
    "note_row": (
        ("该行是备注，未作为数据读取", "a note row, not read as data"),
        ("", ""),
        ("", ""),
    ),
    "undeclared_columns": (
        ("未声明的列，未读取：{found}", "columns that aren't declared, not read: {found}"),
        ("", ""),
        ("", ""),
    ),
    "hidden_rows": (
        ("有 {count} 个隐藏行，已作为数据读取", "{count} hidden rows, read as data"),
        ("没有隐藏行", "no hidden rows"),
        ("取消隐藏，或删除不应计入的行", "show them, or delete those that shouldn't count"),
    ),
    "macros_ignored": (
        ("文件含有宏，宏未运行也未读取", "the file holds macros, neither run nor read"),
        ("不含宏的工作簿", "a workbook without macros"),
        (
            "若宏会改变数值，请先在 Excel 中运行，再另存为 .xlsx",
            "where macros make the values, run them in Excel first",
        ),
    ),
    "formulas_may_be_stale": (
        (
            "文件保存时公式未重新计算，数值可能过时",
            "saved without calculating its formulas: values may be out of date",
        ),
        ("计算后保存的工作簿", "a workbook saved after calculation"),
        ("请在 Excel 中打开、重新计算（F9）并保存", "open it in Excel, calculate (F9) and save it"),
    ),
    "hidden_columns": (
        ("隐藏的列，已作为数据读取：{found}", "hidden columns, read as data: {found}"),
        ("没有隐藏列", "no hidden columns"),
        ("取消隐藏并核对", "show them and check what they hold"),
    ),
    "repeated_header": (
        ("重复的表头行，未作为数据读取", "a repeated header, not read as data"),
        ("", ""),
        ("", ""),
    ),
    "total_missing_label": (
        ("有数值但没有任何名称", "figures in a row that names nothing"),
        ("每条数据都有名称；合计行有合计名称", "a name in each record, or a total's label"),
        ("填写名称，或写上“合计”", "fill in what the figures are of, or label the row as a total"),
    ),
    "blocks_unclear": (
        ("区块无法区分[：{titles}]", "the blocks can't be told apart[: {titles}]"),
        (
            "每个区块标题恰好出现一次，各占一行或同在一行",
            "each block's title once, in rows of their own or all in one row",
        ),
        (
            "恢复标题的文字和位置；新的区块请在来源配置的 blocks 中声明",
            "give the titles their text and place back; a new block is declared in the source's `blocks`",
        ),
    ),
    "repeated_label": (
        ("行名重复且未声明，未读取", "a row label that stands twice and isn't declared, not read"),
        ("", ""),
        ("", ""),
    ),
    # systems
    "columns_changed": (
        (
            "系统返回的列与声明不符：缺少 {missing}",
            "the system's columns changed: {missing} isn't there as declared",
        ),
        (
            "声明的列：{missing}[；最接近的是：{nearest}]",
            "the declared columns: {missing}[; the nearest there: {nearest}]",
        ),
        (
            "系统现有：{found}。请恢复该列，或修改该来源的 columns",
            "the system gives: {found}. Restore the column there, or change the source's columns",
        ),
    ),
    "type_changed": (
        ("列 {column} 的类型由 {before} 变为 {now}", "column {column} was {before} and is {now} now"),
        ("{before}，与上次入库的一致", "{before}, as in the last batch that counted"),
        (
            "请核对该列的含义和单位是否未变；确认后用 ./kpi run --accept-types 入库，或在查询中转换该列",
            "check that it still means the same, in the same unit; then run it with --accept-types (in Airflow: "
            "trigger it with `accept_types`), or convert the column in the query",
        ),
    ),
    "column_new": (
        ("系统多了列：{columns}，未读取", "the system gives further columns, not read: {columns}"),
        ("此前的列：{before}", "the columns of before: {before}"),
        ("如需要，请在来源配置中声明", "declare them in the source if they are needed"),
    ),
    "unsupported_type": (
        (
            "列 {column} 的类型无法读取（{found}）",
            "column {column} is of a type that can't be read ({found})",
        ),
        ("文本、数字、日期或布尔值", "text, numbers, dates or booleans"),
        ("在查询中转换该列的类型", "convert the column in the query"),
    ),
    "total_mismatch": (
        ("系统称有 {total} 条记录，实际收到 {found} 条", "the service says {total} records, {found} came"),
        ("{total} 条记录", "{total} records"),
        ("稍后重新运行；若仍不符，请检查分页设置", "run it again; if it stays so, check the paging settings"),
    ),
    "page_repeated": (
        ("同一页重复返回（{found}）", "the same page came again ({found})"),
        ("每一页都不同，且有结束", "pages that differ and come to an end"),
        ("检查 paging 的 kind、param 和 total", "check kind, param and total of the source's paging"),
    ),
    "host_not_allowed": (
        ("系统指向未允许的地址 {found}", "the service leads to an address that isn't allowed: {found}"),
        ("只允许：{hosts}", "only {hosts}"),
        ("确认可信后，把该地址加入来源的 hosts", "if it can be trusted, add it to the source's hosts"),
    ),
    "address_not_allowed": (
        (
            "系统的名称指向未允许的地址 {found}",
            "the service's name leads to an address that isn't allowed: {found}",
        ),
        (
            "公网或公司内网地址，或列出的：{hosts}",
            "a public address, one of your own network, or one that is listed: {hosts}",
        ),
        (
            "若该地址确属此系统，请把它加入来源的 hosts；否则请检查域名解析",
            "if the system does stand there, add the address to the source's hosts; else check the name's DNS",
        ),
    ),
    "null_records": (
        ("记录所在的位置为 null（{column}）", "null where the records should stand ({column})"),
        ("记录的列表", "a list of records"),
        (
            "应答含有：{found}。若 null 表示没有记录，请声明来源的 success 或 paging.total",
            "the answer holds {found}. If null means that there are none, declare the source's success, or "
            "paging.total",
        ),
    ),
    # cells
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
    # the ledger: one number comes from one place
    "doubled_source": (
        ("同一指标已由另一来源报送", "another source reports this metric already"),
        (
            "{org} {period} 的 {metric} 只有一个主来源（目前是 {rival_source}）",
            "one primary source of {metric} for {org} in {period} (now {rival_source})",
        ),
        (
            "请在其中一个来源的配置中声明 authority: cross_check，或撤回另一来源的报送",
            "declare one of the two sources `authority: cross_check`, or withdraw the other's submission",
        ),
    ),
    "doubled_parent": (
        ("上级与下级单位同时报送同一指标", "a unit and one above or below it both report this metric"),
        (
            "{metric} 只由 {org} 或 {rival_org} 之一报送（{rival_org} 已由 {rival_source} 报送 {rival_period}）",
            "{metric} from {org} or {rival_org}, not both ({rival_source} reports {rival_org} for {rival_period})",
        ),
        (
            "请只由一个层级报送；若已报送有误，请撤回该报送",
            "report it at one level only; withdraw the submission that is wrong",
        ),
    ),
    "slice_grain_changed": (
        ("来源的切片粒度已改变", "the source's slice grain has changed"),
        ("与现有报送 {rival_period} 相同的粒度", "the grain of what is in force ({rival_period})"),
        (
            "请恢复 slice 设置，或先撤回旧粒度的报送",
            "set `slice` back, or withdraw the submissions of the old grain first",
        ),
    ),
    "cross_check_differs": (
        ("与核对来源不一致", "differs from the cross-check source"),
        ("{rival_source} 报送的 {metric}：{expected}", "{metric} as {rival_source} reports it: {expected}"),
        ("请核对两个来源；以主来源为准", "compare the two sources; the primary one counts"),
    ),
}


TERMS = {
    "delivered": "已重新报送",
    "withdrawn": "已撤回",
    "symbolic link": "快捷链接（符号链接）",
    "hard link": "硬链接（同一文件的另一个名称）",
    "pipe, socket or device": "管道、套接字或设备",
    "folder too deep": "文件夹层级过深",
    "PNG image": "PNG 图片",
    "JPEG image": "JPEG 图片",
    "GIF image": "GIF 图片",
    "BMP image": "BMP 图片",
    "PDF document": "PDF 文档",
    "RTF document": "RTF 文档",
    "RAR archive": "RAR 压缩包",
    "7-Zip archive": "7-Zip 压缩包",
    "gzip archive": "gzip 压缩包",
    "zip archive": "zip 压缩包",
    "Windows program": "Windows 程序",
    "Linux program": "Linux 程序",
    "Parquet file": "Parquet 文件",
    "SQLite database": "SQLite 数据库",
    "binary file of unknown kind": "未知类型的二进制文件",
    "text": "文本",
    "number": "数值",
    "integer": "整数",
    "decimal": "小数",
    "float": "浮点数",
    "boolean": "布尔值",
    "date": "日期",
    "timestamp": "日期时间",
    "timestamptz": "带时区的日期时间",
    "text in an unknown encoding, or a binary file": "编码未知的文本，或二进制文件",
    "HTML page": "网页（HTML）",
    "XML spreadsheet of 2003": "2003 版 XML 表格",
    "XML document": "XML 文档",
    "web archive (MHTML)": "网页存档（MHTML）",
    "SYLK file": "SYLK 文件",
    "DIF file": "DIF 文件",
    "Word document": "Word 文档",
    "PowerPoint presentation": "PowerPoint 演示文稿",
    "Apple Numbers document": "Apple Numbers 文档",
    "link, folder or device, not a file": "链接、文件夹或设备，不是文件",
    "two parts of the same name": "有两个同名部分",
    "file size": "文件大小",
    "unpacked size": "解压后的大小",
    "compression ratio": "压缩比",
    "XML document type declarations": "XML 文档类型声明",
    "parts": "内部文件数",
    "rows": "行数",
    "memory": "内存用量",
    "cells from corner to corner": "首尾单元格之间的单元格数",
    "time": "读取时间",
    "CPU time": "计算时间",
    "more": "更多",
}
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_PLACEHOLDER = re.compile(r"\{(\w+)")


def word(finding: Finding, part: str, language: str) -> str:
    """Return the `part` ("title", "expected" or "remedy") of a finding's message in `language` (zh or en)."""
    unworded: tuple[Words, Words, Words] = ((finding.code, finding.code), ("", ""), ("", ""))
    words = MESSAGES.get(finding.code, unworded)[("title", "expected", "remedy").index(part)]
    known = {
        name: getattr(finding, name) for name in ("found", "sheet", "cell", "column", "org", "period", "rule")
    }
    values = known | dict(finding.params)
    if language == "zh":
        values |= {name: TERMS.get(str(value), value) for name, value in values.items()}

    def choose(segment: re.Match[str]) -> str:
        return segment[1] if all(values.get(name) for name in _PLACEHOLDER.findall(segment[1])) else ""

    chosen = _OPTIONAL.sub(choose, words[0 if language == "zh" else 1])
    return chosen.format_map(defaultdict(str, values))
