"""Words for every finding code, in Chinese and English: what is wrong, what was expected, how to mend it.

Each entry of MESSAGES is `code: (title, expected, remedy)`, each a `(zh, en)` pair with `str.format`
placeholders filled from `Finding.params` (plus `found`, `sheet`, `cell`, `column`, `org`, `period`, `rule`).
A placeholder without a value is left empty rather than failing: a message must never hide the refusal.
"""

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
    # workbooks: the file, its sheets, headers and labels
    "truncated_file": (
        ("文件不完整", "the file is incomplete"),
        ("完整的文件", "a whole file"),
        ("文件可能在复制时中断；请重新复制或重新导出", "copying may have been cut short; copy or export it again"),
    ),
    "not_a_workbook": (
        ("不是工作簿，而是：{kind}", "not a workbook but: {kind}"),
        (".xlsx、.xls、.xlsb、.ods 工作簿或 .csv 文本", "a workbook (.xlsx, .xls, .xlsb, .ods) or a text file (.csv)"),
        ("在 Excel 中打开后另存为 .xlsx", "open it in Excel and save it as .xlsx"),
    ),
    "encrypted": (
        ("文件有密码保护", "the file is password-protected"),
        ("没有密码的工作簿", "a workbook without password"),
        ("在 Excel 中取消“用密码进行加密”后再保存", "remove the password in Excel (File, Info, Protect Workbook) and save it"),
    ),
    "damaged_file": (
        ("文件已损坏（{detail}）", "the file is damaged ({detail})"),
        ("能完整读取的工作簿", "a workbook that can be read in full"),
        ("在 Excel 中打开并修复后另存为 .xlsx", "open and repair it in Excel, save it as .xlsx"),
    ),
    "limit_exceeded": (
        ("超出限制：{limit}，实际 {actual}", "beyond the limit of {limit}: {actual}"),
        ("{limit} 不超过 {allowed}", "{limit} of at most {allowed}"),
        ("拆分文件，或请管理员调整该来源的限制", "split the file, or ask for a higher limit of this source"),
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
        ("文本按 {encoding} 编码、分隔符 {delimiter} 读取", "text read as {encoding} with the delimiter {delimiter}"),
        ("", ""),
        ("如不正确，请在来源配置中声明 encoding 和 delimiter", "where that is wrong, declare encoding and delimiter in the source's layout"),
    ),
    "file_name_mismatch": (
        ("文件名不符合约定", "the file's name doesn't follow the pattern"),
        ("形如 {pattern} 的文件名", "a name such as {pattern}"),
        ("请改名后重新放入", "rename it and drop it again"),
    ),
    "sheet_missing": (
        ("缺少工作表“{wanted}”", "the sheet {wanted!r} is missing"),
        ("工作表“{wanted}”；现有：{present}", "the sheet {wanted!r}; present: {present}"),
        ("恢复工作表名称，或使用模板重新填写", "give the sheet its name back, or fill in the template"),
    ),
    "sheet_ambiguous": (
        ("多个工作表都有所需的表头：{found}", "several sheets hold the declared header: {found}"),
        ("只有一个这样的工作表", "one such sheet"),
        ("删除多余的工作表，或在来源配置中声明 sheet", "remove the others, or declare `sheet` in the source's layout"),
    ),
    "header_missing": (
        ("找不到表头", "the header can't be found"),
        ("含有 {columns} 的表头行", "a header row with {columns}"),
        ("恢复模板的表头", "put the template's header back"),
    ),
    "column_missing": (
        ("缺少列“{column}”", "the column {column!r} is missing"),
        ("列“{column}”；最接近的是“{nearest}”", "the column {column!r}; the nearest is {nearest!r}"),
        ("恢复列名；如已正式改名，请在来源配置的 aliases 中加入新名称", "give the column its name back; where it was renamed for good, add the new name to its aliases in the source"),
    ),
    "row_missing": (
        ("缺少行“{column}”", "the row {column!r} is missing"),
        ("行“{column}”；最接近的是“{nearest}”", "the row {column!r}; the nearest is {nearest!r}"),
        ("恢复行名；如已正式改名，请在来源配置的 aliases 中加入新名称", "give the row its name back; where it was renamed for good, add the new name to its aliases in the source"),
    ),
    "duplicate_label": (
        ("名称重复：{cells}", "the label stands more than once: {cells}"),
        ("每个名称只出现一次", "each label once"),
        ("删除或改名多余的一个", "remove or rename the others"),
    ),
    "label_missing": (
        ("有数值但没有行名", "figures beside a blank row label"),
        ("每行数值都有行名", "a label beside every row of figures"),
        ("填写行名，或删除该行的数值", "fill in the label, or clear the figures"),
    ),
    "label_moved": (
        ("“{column}”的名称不在该单元格的左侧或上方", "the label {column!r} stands neither left of nor above this cell"),
        ("未移动过的表单", "the form as it was handed out"),
        ("不要插入或删除行列；请使用模板重新填写", "don't insert or delete rows or columns; fill in the template anew"),
    ),
    "period_header_unknown": (
        ("表头像是期间，但格式不符", "the header looks like a period but is written otherwise"),
        ("形如 {pattern} 的期间", "a period such as {pattern}"),
        ("按约定格式填写期间", "write the period as declared"),
    ),
    "formula_without_value": (
        ("公式没有计算结果", "a formula without a calculated value"),
        ("已计算的数值", "a calculated value"),
        ("在 Excel 中打开、重新计算并保存", "open it in Excel, recalculate and save it"),
    ),
    "doubtful_total": (
        ("像是合计行，但名称未声明", "this looks like a total, but its label isn't declared"),
        ("已声明的合计名称或一条数据", "a declared total label, or a record"),
        ("改用约定的合计名称，或在来源配置的 total_rows.label 中加入它", "use an agreed total label, or add it to total_rows.label in the source"),
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
    "repeated_label": (
        ("行名重复且未声明，未读取", "a row label that stands twice and isn't declared, not read"),
        ("", ""),
        ("", ""),
    ),
    # systems
    "columns_changed": (
        ("系统返回的列与声明不符：缺少 {missing}", "the system's columns changed: {missing} isn't there as declared"),
        ("声明的列：{missing}", "the declared columns: {missing}"),
        (
            "系统现有：{found}。请恢复该列，或修改该来源的 columns",
            "the system gives: {found}. Restore the column there, or change the source's columns",
        ),
    ),
    "unsupported_type": (
        ("列 {column} 的类型无法读取（{found}）", "column {column} is of a type that can't be read ({found})"),
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
    # cells
    "not_a_number": (
        ("不是数字", "not a number"),
        ("数字，或声明的空值记号（{nulls}）", "a number, or a declared null mark ({nulls})"),
        ("请填入数字", "type the number"),
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


def word(finding: Finding, part: str, language: str) -> str:
    """Return the `part` ("title", "expected" or "remedy") of a finding's message in `language` (zh or en)."""
    words = MESSAGES[finding.code][("title", "expected", "remedy").index(part)]
    known = {name: getattr(finding, name) for name in ("found", "sheet", "cell", "column", "org", "period", "rule")}
    return words[0 if language == "zh" else 1].format_map(defaultdict(str, known | dict(finding.params)))
