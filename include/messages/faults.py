"""Words for a system that can't be asked, in Chinese and English: what happened, and what to do about it.

`SYSTEM_FAULTS[code]` is `(what, remedy)` for each code of SourceUnavailableError. `http_<status>` without words of its
own is told by its hundred (`http_5xx`).
"""

import re

from include.messages.shape import Words

_OPERATOR: Words = (
    "Airflow 会自动重试；如持续出现，请联系该系统的管理员",
    "Airflow asks again by itself; if it stays so, ask those who run the system",
)
_PERMISSION: Words = (
    "请系统管理员授予该账号读取权限",
    "have the system's administrator let the connection's user read it",
)
_CREDENTIALS: Words = (
    "请在 Airflow 的连接中更正用户名、密码和数据库名；Airflow 不会自动重试，以免账号被锁定",
    "correct user, password and database of the connection; Airflow doesn't try again, which may lock the account",
)
_SERVICE_CREDENTIALS: Words = (
    "请检查来源的 auth 以及连接中的用户名、密码或令牌",
    "see `auth` in the source, and login, password or token of the connection",
)
SYSTEM_FAULTS: dict[str, tuple[Words, Words]] = {
    "unreachable": (
        ("系统没有应答", "the system doesn't answer"),
        (
            "Airflow 会自动重试；如持续出现，请检查连接的主机和端口，以及系统和网络是否正常",
            "Airflow asks again by itself; if it stays so, see the connection's host and port, the network, the system",
        ),
    ),
    "timeout": (
        ("系统未在规定时间内应答", "the system took too long"),
        (
            "Airflow 会自动重试；如持续出现，请优化查询、缩小范围，或调大来源的 timeout_seconds",
            "Airflow asks again by itself; if it stays so, mend the query, ask for less, or raise `timeout_seconds`",
        ),
    ),
    "login_failed": (("系统拒绝登录", "the system refuses the log-in"), _CREDENTIALS),
    "permission_denied": (
        ("连接的账号没有读取权限", "the connection's user may not read what is asked for"),
        _PERMISSION,
    ),
    "query_failed": (
        ("数据库执行查询时出错", "the database failed on the query"),
        (
            "请用消息中的错误号在数据库中直接运行该查询；Airflow 会自动重试",
            "run the query in the database itself and look the error number up; Airflow asks again by itself",
        ),
    ),
    "tls_failed": (
        ("无法建立可信的加密连接", "no trusted encrypted connection"),
        (
            "请检查服务的证书；自有证书机构写在连接的 ca_file 中",
            "see the service's certificate; an authority of your own is named as `ca_file` in the connection's extras",
        ),
    ),
    "token_refused": (("服务拒绝签发令牌", "the service refuses a token"), _SERVICE_CREDENTIALS),
    "http_401": (("服务拒绝登录", "the service refuses the log-in"), _SERVICE_CREDENTIALS),
    "http_403": (("连接的账号不得读取该路径", "the log-in may not read this path"), _PERMISSION),
    "http_404": (
        ("请求的路径不存在", "there is nothing at the request's path"),
        ("请检查来源的 request.path", "see `request: {path: ...}` of the source"),
    ),
    "http_429": (
        ("服务认为请求过于频繁", "the service is asked too often"),
        (
            "Airflow 会自动重试；可在连接中设置 requests_per_second",
            "Airflow asks again by itself; `requests_per_second` in the connection's extras slows it down",
        ),
    ),
    "http_3xx": (
        ("服务一再转向别处", "the service redirects again and again"),
        ("请检查来源的 request.path", "see `request: {path: ...}` of the source"),
    ),
    "http_4xx": (
        ("服务不接受该请求", "the service doesn't take the request"),
        ("请检查来源的 request", "see `request` of the source"),
    ),
    "http_5xx": (("服务自身出错", "the service fails"), _OPERATOR),
    "bad_json": (
        ("应答不是有效的 JSON", "the answer isn't valid JSON"),
        (
            "请检查来源的 request.path 是否为数据接口",
            "see whether `request: {path: ...}` is an endpoint for data",
        ),
    ),
    "answer_failed": (("应答自称失败", "the answer says that it failed"), _OPERATOR),
    "secret_repeated": (
        (
            "应答中含有连接自身的密钥，未保留",
            "the answer repeats the connection's own secret, and wasn't kept",
        ),
        ("请该系统的管理员更正接口", "have those who run the system mend the endpoint"),
    ),
    "changed_meanwhile": (
        ("读取期间数据发生了变化", "records changed while they were read"),
        (
            "Airflow 会自动重试；请安排在系统空闲时读取",
            "Airflow asks again by itself; read when the system is quiet",
        ),
    ),
}


_UNKNOWN: tuple[Words, Words] = (
    ("系统没有给出数据", "the system gave no data"),
    ("请查看运行日志", "see the run's log"),
)


def is_system_fault(code: str) -> bool:
    """Tell whether a text is a code of SourceUnavailableError that has words."""
    return _find(code) is not None


def explain_fault(code: str, language: str) -> tuple[str, str]:
    """Return what a code of SourceUnavailableError means and what to do, in `zh` or `en`."""
    what, remedy = _find(code) or _UNKNOWN
    place = 0 if language == "zh" else 1
    return what[place], remedy[place]


def _find(code: str) -> tuple[Words, Words] | None:
    status = re.fullmatch(r"http_(\d)\d\d", code)
    return SYSTEM_FAULTS.get(code) or (SYSTEM_FAULTS.get(f"http_{status[1]}xx") if status else None)
