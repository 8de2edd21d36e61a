"""Where a REST connection leads, and where its requests may go at all: by name, and by the address behind it."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlunsplit

from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from include.batch import Connection
from include.errors import ConfigurationError, Finding, RefusedError

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Origin = tuple[str, str, int]
"""Scheme, host and port of a URL."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_METADATA = {
    ipaddress.ip_address(text)
    for text in (
        "169.254.169.254",  # most clouds
        "169.254.170.2",  # AWS containers
        "169.254.0.23",  # Tencent Cloud
        "100.100.100.200",  # Alibaba Cloud
        "168.63.129.16",  # Azure
        "192.0.0.192",  # Oracle Cloud
        "fd00:ec2::254",  # AWS
        "fd20:ce::254",  # Google Cloud
    )
}
"""Addresses at which a cloud hands out a machine's own credentials; listed only one by one."""
_TUNNELS = [
    ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16")
]
"""IPv6 networks in which an IPv4 address hides: NAT64, Teredo, 6to4."""
_OWN_NETWORKS = [
    ipaddress.ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
]
"""Where a company's own systems stand (RFC 1918, RFC 4193)."""


@dataclass(frozen=True)
class AllowedHosts:
    """The allow-list of one source: `mes.example.com` (any port), `mes.example.com:8443`, `10.1.0.0/16`.

    A name lists the addresses that it leads to, public ones and those of one's own network, and no others: an address
    of this machine, of the link or of a cloud's metadata service is listed itself, or by a network that holds it
    (metadata services never by a network). `localhost` lists this machine. A network lists addresses behind names
    only; a URL can't name one of them. `plain` tells that the connection itself is without TLS; otherwise a URL
    without it is refused too.
    """

    hosts: tuple[str, ...]
    plain: bool

    def allows(self, url: str) -> bool:
        """Return whether a request may go to `url`; its address is checked where the connection is opened."""
        parts = _parse(url)
        return parts is not None and not parts.auth and self.allows_origin(*origin_of(url))

    def allows_origin(self, scheme: str, host: str, port: int) -> bool:
        """Return whether the list holds this scheme, host and port."""
        if scheme != "https" and not (scheme == "http" and self.plain):
            return False
        return bool(host) and any(
            host == name and own_port in (None, port)
            for name, own_port in (split_host(entry) for entry in self.hosts if "/" not in entry)
        )

    def check(self, url: str) -> str:
        """Return `url`, or raise RefusedError `host_not_allowed`; its host is told, never the URL."""
        if not self.allows(url):
            parts = _parse(url)
            found = f"{parts.scheme}://{parts.netloc}" if parts is not None else "?"
            raise self.refusal("host_not_allowed", found)
        return url

    def allows_address(self, address: str, port: int) -> bool:
        """Return whether a connection may be opened to the numeric `address`, whatever name led there."""
        ip = ipaddress.ip_address(address.partition("%")[0])
        ip = getattr(ip, "ipv4_mapped", None) or ip
        return _is_ordinary(ip) or any(_lists(entry, ip, port) for entry in self.hosts)

    def refusal(self, code: str, found: str) -> RefusedError:
        """Return the refusal `code` of a place that the list doesn't hold."""
        hosts = ", ".join(self.hosts)
        return RefusedError([Finding(code, found=found[:300], rule="hosts", params={"hosts": hosts})])


def origin_of(url: str) -> Origin:
    """Return scheme, host and port of `url` as the HTTP library reads them; empty and 0 where it can't."""
    parts = _parse(url)
    if parts is None:
        return "", "", 0
    scheme = parts.scheme or ""
    return scheme, (parts.host or "").strip("[]"), parts.port or _DEFAULT_PORTS.get(scheme, 0)


def split_host(text: str) -> tuple[str, int | None]:
    """Return host and port of `mes:8443`, `mes`, `::1` or `[::1]:8443`, lower case and in ASCII."""
    if text.count(":") > 1 and not text.startswith("["):
        text = f"[{text}]"
    parts = _parse(f"//{text}")
    return ("", None) if parts is None else ((parts.host or "").strip("[]"), parts.port)


def base_url(connection: Connection) -> str:
    """Return the service's address without a closing slash.

    The host may be written with its scheme and a path. Else the scheme is the connection's schema, or
    `scheme` in its extras, where either says http or https; else https, but http on this machine itself.
    Raises ConfigurationError where the connection has no host, or where its host holds a user or a query.
    """
    scheme, _, rest = connection.host.rpartition("://")
    where, slash, path = rest.partition("/")
    if not rest or "@" in where or "?" in rest or "#" in rest:
        told = "no host" if not rest else "its host holds more than a host and a path"
        raise ConfigurationError(
            [f"connection {connection.conn_id}: {told}; set it to the service's address"]
        )
    host, port = split_host(where)
    port = port or connection.port
    scheme = (scheme or _scheme_of(connection, host)).lower()
    written = f"[{host}]" if ":" in host else host
    netloc = f"{written}:{port}" if port else written
    return urlunsplit((scheme, netloc, (slash + path).rstrip("/"), "", ""))


def allowed_hosts(hosts: list[str], base: str, conn_id: str) -> AllowedHosts:
    """Return the allow-list; raise ConfigurationError where it doesn't hold the connection's own host."""
    allowed = AllowedHosts(tuple(hosts), plain=origin_of(base)[0] == "http")
    if not allowed.allows(base):
        _, host, port = origin_of(base)
        raise ConfigurationError(
            [
                f"connection {conn_id}: leads to {host}:{port}, not among the source's hosts "
                f"({', '.join(hosts)}); add it to hosts, or mend the connection"
            ]
        )
    return allowed


def _parse(url: str) -> Url | None:
    try:
        return parse_url(url)
    except LocationParseError:
        return None


def _is_ordinary(ip: IpAddress) -> bool:
    """Return whether the address is a public one, or one of a company's own network."""
    special = ip.is_multicast or ip.is_reserved or getattr(ip, "is_site_local", False)
    if special or ip in _METADATA or any(ip in net for net in _TUNNELS):
        return False
    return ip.is_global or any(ip in net for net in _OWN_NETWORKS)


def _lists(entry: str, ip: IpAddress, port: int) -> bool:
    """Return whether one entry of the allow-list holds the address."""
    try:
        if "/" in entry:
            return ip not in _METADATA and ip in ipaddress.ip_network(entry)
        host, own_port = split_host(entry)
        if own_port not in (None, port):
            return False
        return ip.is_loopback if host == "localhost" else ip == ipaddress.ip_address(host)
    except ValueError:
        return False  # a name


def _scheme_of(connection: Connection, host: str) -> str:
    for said in (connection.schema, str(connection.extra.get("scheme") or "")):
        if said.lower() in _DEFAULT_PORTS:
            return said
    return "http" if connection.conn_type == "http" and _is_loopback(host) else "https"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
