"""A connection's secrets, in every form in which a service could give them back."""

import base64
import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from include.batch import Connection
from include.errors import Finding

_KNOWN_EXTRAS = {"scheme", "token_url", "ca_file", "requests_per_second"}
_SHORTEST, _SHORTEST_EXTRA, _UNMISTAKABLE = 4, 8, 16


class Secrets:
    """What must not be repeated: the connection's password, the texts of its extras, and tokens fetched later."""

    def __init__(self, connection: Connection) -> None:
        self._forms: set[str] = set()
        self._sent: set[bytes] = set()
        for text in _texts_of(connection.extra):
            if len(text) >= _SHORTEST_EXTRA:
                self._forms |= _forms_of(text)
        self.add(connection.password)
        self.add(str(connection.extra.get("token") or ""))
        if connection.password:
            self.add(f"{connection.login}:{connection.password}")

    def add(self, secret: str) -> None:
        """Keep one more secret that is sent to the service."""
        if len(secret) >= _SHORTEST:
            self._forms |= _forms_of(secret)
        if len(secret) >= _UNMISTAKABLE and not secret.isalpha() and not secret.isdigit():
            self._sent |= {form.encode() for form in _forms_of(secret)}

    def stand_in(self, body: bytes) -> bool:
        """Return whether `body` repeats a secret that was sent; one that could be there by chance doesn't count."""
        return any(form in body for form in self._sent)

    def redact(self, finding: Finding) -> Finding:
        """Return the finding with *** in place of secrets."""
        return dataclasses.replace(
            finding,
            found=self._cover(finding.found),
            cell=self._cover(finding.cell),
            column=self._cover(finding.column),
            params={name: self._cover(str(value)) for name, value in finding.params.items()},
        )

    def _cover(self, text: str) -> str:
        for form in sorted(self._forms, key=len, reverse=True):
            text = text.replace(form, "***")
        return text


def _texts_of(extra: Mapping[str, Any] | list[Any]) -> Iterator[str]:
    items = extra.items() if isinstance(extra, Mapping) else enumerate(extra)
    for name, value in items:
        if name in _KNOWN_EXTRAS:
            continue
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping | list):
            yield from _texts_of(value)


def _forms_of(secret: str) -> set[str]:
    packed, safely = (pack(secret.encode()).decode() for pack in (base64.b64encode, base64.urlsafe_b64encode))
    written = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        packed.rstrip("="),
        safely.rstrip("="),
        *written,
    }
