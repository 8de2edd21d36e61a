"""One source over the service of `rest_service`, read with little patience."""

import datetime as dt
import traceback
from typing import Any

import pytest

from include.batch import Connection, Reported, Window
from include.catalogue.models import RestSource
from include.connectors import rest
from include.connectors.rest.exchange import Limits
from include.errors import RefusedError, SourceUnavailableError
from include.messages import word
from tests.connectors.rest_service import Service

WINDOW = Window(dt.date(2026, 3, 1), dt.date(2026, 4, 1))
QUICK = Limits(tries=4, first_wait=0.02, longest_wait=2, longest_told=2, answer_bytes=1 << 20)
SECRET = "s3cret-t0ken-0123456789"


def make_source(service: Service, **more: Any) -> RestSource:
    columns = {"n": {"path": "$.n"}}
    basics = {"source": "mes", "kind": "rest", "connection": "mes", "hosts": [f"127.0.0.1:{service.port}"]}
    request = {"path": "/v1/items", "timeout_seconds": 2} | more.pop("request", {})
    return RestSource.model_validate(
        basics | {"records": "$.items[*]", "request": request, "columns": columns} | more
    )


def read(
    service: Service, connection: dict[str, Any] | None = None, limits: Limits = QUICK, **more: Any
) -> Reported:
    given = {"conn_id": "mes", "conn_type": "http", "host": "127.0.0.1", "port": service.port}
    return rest.fetch(
        make_source(service, **more), WINDOW, Connection(**(given | (connection or {}))), limits=limits
    )


def refusal(service: Service, **more: Any) -> Any:
    with pytest.raises(RefusedError) as caught:
        read(service, **more)
    (finding,) = caught.value.findings
    assert SECRET not in repr(finding)
    assert word(finding, "title", "zh") and word(finding, "title", "en")
    return finding


def fault(service: Service, **more: Any) -> SourceUnavailableError:
    with pytest.raises(SourceUnavailableError) as caught:
        read(service, **more)
    told = "".join(traceback.format_exception(caught.value))
    assert SECRET not in told
    assert str(service.port) not in str(caught.value)
    return caught.value


def numbers(reported: Reported) -> list[int]:
    return [int(n) for n in reported.frame["n"]]
