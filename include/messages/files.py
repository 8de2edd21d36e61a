"""Words for findings on files and on the form of workbooks: sheets, headers, labels."""

from include.messages.shape import Message

FILES: dict[str, Message] = {
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
}
