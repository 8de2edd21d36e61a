"""The misbehaving HTTP service, for every test of a REST source."""

from collections.abc import Iterator

import pytest

from tests.connectors.rest_service import Service, serve


@pytest.fixture
def service() -> Iterator[Service]:
    with serve() as running:
        yield running
