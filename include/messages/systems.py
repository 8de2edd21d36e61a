"""Words for findings on the answers of systems, and on figures that stand against others in the ledger."""

from include.messages.shape import Message

SYSTEMS: dict[str, Message] = {
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
    "paging_undeclared": (
        (
            "系统称有 {total} 条记录（{where}），只收到 {found} 条，而来源没有声明如何分页",
            "the service speaks of {total} records ({where}), {found} came, and the source doesn't say how it pages",
        ),
        ("声明了 paging 的来源", "a source that declares its paging"),
        (
            "请声明 paging 及其 total；若确实只有一页，请写 paging: {{kind: none}}",
            "declare `paging` with its total; if one answer really is all, write `paging: {{kind: none}}`",
        ),
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
}
LEDGER: dict[str, Message] = {
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
