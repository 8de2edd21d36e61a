"""Where a REST connection leads, and where its requests may go at all."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from include.batch import Connection
from include.errors import ConfigurationError, Finding, RefusedError

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class AllowedHosts:
    """The allow-list of one source: `mes.example.com` (any port) or `mes.example.com:8443`.

    `plain` tells that the connection itself is without TLS; otherwise a URL without it is refused too.
    """

    hosts: tuple[str, ...]
    plain: bool

    def allows(self, url: str) -> bool:
        """Return whether a request may go to `url`."""
        parts = urlsplit(url)
        try:
            host, port = (parts.hostname or "").lower(), parts.port or _DEFAULT_PORTS.get(parts.scheme)
        except ValueError:
            return False
        if parts.scheme != "https" and not (parts.scheme == "http" and self.plain):
            return False
        written = f"[{host}]" if ":" in host else host
        return bool(host) and any(h.lower() in (host, written, f"{written}:{port}") for h in self.hosts)

    def check(self, url: str) -> str:
        """Return `url`, or raise RefusedError `host_not_allowed`; its host is told, never the URL."""
        if not self.allows(url):
            parts = urlsplit(url)
            found = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
            raise RefusedError(
                [
                    Finding(
                        "host_not_allowed", found=found, rule="hosts", params={"hosts": ", ".join(self.hosts)}
                    )
                ]
            )
        return url


def base_url(connection: Connection) -> str:
    """Return the service's address without a closing slash.

    The host may be written with its scheme and a path. Else the scheme is the connection's schema, or
    `scheme` in its extras, where either says http or https; else https, but http on this machine itself.
    Raises ConfigurationError where the connection has no host.
    """
    host = connection.host
    scheme, _, rest = host.rpartition("://")
    if not rest:
        raise ConfigurationError(
            [f"connection {connection.conn_id}: no host; set it to the service's address"]
        )
    where, slash, path = rest.partition("/")
    scheme = (scheme or _scheme_of(connection, where)).lower()
    if ":" in where and not where.startswith("["):
        where = where if where.count(":") == 1 else f"[{where}]"
    has_port = where.rpartition(":")[2].isdigit() and not where.endswith("]")
    if connection.port and not has_port:
        where = f"{where}:{connection.port}"
    return urlunsplit((scheme, where, (slash + path).rstrip("/"), "", ""))


def allowed_hosts(hosts: list[str], base: str, conn_id: str) -> AllowedHosts:
    """Return the allow-list; raise ConfigurationError where it doesn't hold the connection's own host."""
    allowed = AllowedHosts(tuple(hosts), plain=urlsplit(base).scheme == "http")
    if not allowed.allows(base):
        raise ConfigurationError(
            [
                f"connection {conn_id}: leads to {urlsplit(base).netloc.rpartition('@')[2]}, not among "
                f"the source's hosts ({', '.join(hosts)}); add it to hosts, or mend the connection"
            ]
        )
    return allowed


def _scheme_of(connection: Connection, host: str) -> str:
    for said in (connection.schema, str(connection.extra.get("scheme") or "")):
        if said.lower() in _DEFAULT_PORTS:
            return said
    return "http" if connection.conn_type == "http" and _is_loopback(host) else "https"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(
            host.strip("[]").partition(":")[0] if host.count(":") == 1 else host.strip("[]")
        ).is_loopback
    except ValueError:
        return host.partition(":")[0].lower() == "localhost"
