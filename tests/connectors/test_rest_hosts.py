"""Only where it may go: names, addresses, redirects, links, proxies, certificates."""

import datetime as dt
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from include.batch import Connection
from include.connectors.rest.addresses import AllowedHosts, base_url
from include.connectors.rest.exchange import Limits
from include.errors import ConfigurationError
from tests.connectors.rest_service import Handler, Service, serve
from tests.connectors.rest_source import SECRET, fault, numbers, read, refusal

NAME = "mes.example.com"
Lookup = Callable[[list[str]], list[str]]


@pytest.fixture
def lead(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Return a function that makes NAME lead to addresses, one list after the other; it returns the lookups made."""
    real = socket.getaddrinfo

    def lead_to(*answers: list[str]) -> list[str]:
        left, made = list(answers), []

        def look_up(host: Any, port: Any, *more: Any, **options: Any) -> Any:
            if host != NAME:
                return real(host, port, *more, **options)
            made.append(host)
            addresses = left.pop(0) if len(left) > 1 else left[0]
            return [found for address in addresses for found in real(address, port, *more, **options)]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        return made

    return lead_to


@pytest.fixture
def elsewhere() -> Iterator[Service]:
    with serve() as running:
        yield running


def answer_one(handler: Handler) -> None:
    handler.reply({"items": [{"n": 1}]})


class TestAddresses:
    """What a listed name may lead to."""

    @pytest.mark.parametrize(
        "address",
        [
            "0.0.0.0",  # noqa: S104 - not bound to
            *("127.0.0.1", "127.8.8.8", "100.64.0.1"),
            *(
                "169.254.169.254",
                "100.100.100.200",
                "168.63.129.16",
                "192.0.0.192",
                "169.254.1.1",
                "224.0.0.1",
            ),
            *(
                "255.255.255.255",
                "192.0.2.1",
                "198.18.0.1",
                "240.0.0.1",
                "::1",
                "::",
                "fe80::1",
                "fe80::1%eth0",
            ),
            *("fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254"),
            *("::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "2002:7f00:1::"),
            "2001:0:7f00:1::",
        ],
    )
    def test_no_special_address(self, address: str) -> None:
        assert not AllowedHosts((NAME,), plain=False).allows_address(address, 443)

    @pytest.mark.parametrize(
        "address",
        [
            *("8.8.8.8", "223.5.5.5", "2606:4700::1111", "::ffff:8.8.8.8"),
            *("10.1.2.3", "172.31.0.1", "192.168.1.1", "fc00::1", "::ffff:10.0.0.1"),
        ],
    )
    def test_but_public_ones_and_those_of_the_own_network(self, address: str) -> None:
        assert AllowedHosts((NAME,), plain=False).allows_address(address, 443)

    @pytest.mark.parametrize(
        ("entry", "address", "port", "allowed"),
        [
            ("100.64.0.0/16", "100.64.2.3", 443, True),
            ("100.64.0.0/16", "::ffff:100.64.2.3", 443, True),
            ("100.64.0.0/16", "100.65.2.3", 443, False),
            ("127.0.0.1", "127.0.0.1", 443, True),
            ("127.0.0.1:8443", "127.0.0.1", 8443, True),
            ("127.0.0.1:8443", "127.0.0.1", 443, False),
            ("localhost", "127.0.0.1", 80, True),
            ("localhost", "::1", 80, True),
            ("localhost:81", "::1", 80, False),
            ("localhost", "100.64.0.1", 80, False),
            ("::1", "::1", 80, True),
            ("[fd12::7]:80", "fd12::7", 80, True),
            ("fd12::/32", "fd12::7", 80, True),
            ("169.254.0.0/16", "169.254.1.1", 80, True),
            ("169.254.0.0/16", "169.254.169.254", 80, False),
            ("169.254.169.254", "169.254.169.254", 80, True),
            ("100.64.0.0/10", "100.100.100.200", 80, False),
        ],
    )
    def test_unless_listed(self, entry: str, address: str, port: int, allowed: bool) -> None:
        assert AllowedHosts((NAME, entry), plain=False).allows_address(address, port) is allowed

    @pytest.mark.parametrize("spelt", ["127.1", "2130706433", "0x7f000001", "017700000001"])
    def test_this_machine_by_another_spelling_is_found_out(self, service: Service, spelt: str) -> None:
        service.routes["/v1/items"] = answer_one
        connection = {"host": f"http://{spelt}"}
        assert refusal(service, connection=connection, hosts=[spelt]).code == "address_not_allowed"
        assert service.asked == []
        assert numbers(read(service, connection, hosts=[spelt, "127.0.0.0/8"])) == [1]

    def test_a_network_lists_no_host_of_a_url(self) -> None:
        assert not AllowedHosts((NAME, "10.0.0.0/8"), plain=False).allows("https://10.1.2.3/x")


class TestPinning:
    """The address that was checked is the one that is connected to."""

    @pytest.fixture(autouse=True)
    def _plain(self, service: Service) -> None:
        service.routes["/v1/items"] = answer_one
        self.given = {"connection": {"host": f"http://{NAME}"}}

    def test_a_name_that_leads_here_is_refused_unless_listed(self, service: Service, lead: Any) -> None:
        lead(["127.0.0.1"])
        finding = refusal(service, hosts=[NAME], **self.given)
        assert (finding.code, finding.found) == ("address_not_allowed", f"{NAME}: 127.0.0.1")
        assert service.asked == []
        assert numbers(read(service, hosts=[NAME, "127.0.0.0/8"], **self.given)) == [1]

    def test_one_forbidden_address_among_several_refuses_all(self, service: Service, lead: Any) -> None:
        lead(["127.0.0.1", "169.254.9.9"])
        assert refusal(service, hosts=[NAME, "127.0.0.1"], **self.given).found == f"{NAME}: 169.254.9.9"

    def test_an_address_that_does_not_answer_is_passed_over(self, service: Service, lead: Any) -> None:
        lead(["127.0.0.9", "127.0.0.1"])
        assert numbers(read(service, hosts=[NAME, "127.0.0.0/8"], **self.given)) == [1]

    def test_a_name_that_changes_after_the_check_changes_nothing(self, service: Service, lead: Any) -> None:
        made = lead(["127.0.0.1"], ["169.254.169.254"])
        assert numbers(read(service, hosts=[NAME, "127.0.0.1"], **self.given)) == [1]
        assert len(made) == 1

    def test_a_new_connection_is_checked_anew(self, service: Service, lead: Any) -> None:
        def hang_up(handler: Handler) -> None:
            handler.close_connection = True
            handler.reply({"items": [{"n": 1}], "next": "x"}, Connection="close")

        service.routes["/v1/items"] = hang_up
        lead(["127.0.0.1"], ["169.254.169.254"])
        paging = {"kind": "cursor", "next": "$.next"}
        finding = refusal(service, hosts=[NAME, "127.0.0.1"], paging=paging, **self.given)
        assert (finding.code, finding.found) == ("address_not_allowed", f"{NAME}: 169.254.169.254")

    def test_a_name_that_nobody_knows_is_told_so(self, service: Service) -> None:
        nowhere = "http://no-such-host.invalid"
        told = fault(
            service, hosts=["no-such-host.invalid"], connection={"host": nowhere}, limits=Limits(tries=1)
        )
        assert (told.code, told.detail) == ("unreachable", "the host's name isn't known")


class TestCredentials:
    """They go to the connection's own scheme, host and port."""

    @pytest.mark.parametrize("kind", ["bearer", "header", "basic"])
    @pytest.mark.parametrize("way", ["redirect", "link"])
    def test_another_listed_host_is_asked_without_them(
        self, service: Service, elsewhere: Service, kind: str, way: str
    ) -> None:
        there = f"http://127.0.0.1:{elsewhere.port}/v1/more"
        elsewhere.routes["/v1/more"] = lambda handler: handler.reply({"items": [{"n": 2}]})
        service.routes["/v1/items"] = lambda handler: (
            handler.reply({}, 302, Location=there)
            if way == "redirect"
            else handler.reply({"items": [{"n": 1}], "next": there})
        )
        auth = {"kind": kind} | ({"header": "X-Api-Key"} if kind == "header" else {})
        more = {
            "hosts": ["127.0.0.1"],
            "request": {"auth": auth},
            "paging": {"kind": "next_link", "next": "$.next"},
        }
        read(service, {"login": "u", "password": SECRET}, **more)
        assert {"Authorization", "X-Api-Key"} & set(service.asked[0][2])
        ((_, _, headers),) = elsewhere.asked
        assert not {"Authorization", "X-Api-Key", "Cookie"} & set(headers)
        elsewhere.routes["/v1/more"] = lambda handler: handler.reply({}, 401)
        told = fault(service, connection={"login": "u", "password": SECRET}, **more)
        assert (told.code, told.detail) == ("http_401", "on another host, which gets no credentials")

    @pytest.mark.parametrize(
        "target", ["//evil.example.com/x", "https://evil.example.com", "http://127.0.0.1:9/x", "http://[::1]/x",
                   "http://127.0.0.1\\@evil.example.com/", "file:///etc/passwd", "http://u:p@127.0.0.1:{port}/x",
                   "http://127.0.0.1:{port}.evil.example.com/", "http://127.0.0.1:99999/", "http://[", "ftp://127.0.0.1:{port}/"],
    )  # fmt: skip
    @pytest.mark.parametrize("way", ["redirect", "link", "header"])
    def test_what_is_not_listed_is_not_asked_at_all(self, service: Service, target: str, way: str) -> None:
        there = target.replace("{port}", str(service.port))
        service.routes["/v1/items"] = lambda handler: (
            handler.reply({}, 302, Location=there)
            if way == "redirect"
            else handler.reply({"items": [{"n": 1}], "next": there}, Link=f'<{there}>; rel="next"')
        )
        kind = "link_header" if way == "header" else "next_link"
        assert refusal(service, paging={"kind": kind, "next": "$.next"}).code == "host_not_allowed"
        assert len(service.asked) == 1

    def test_the_secret_of_a_token_goes_only_where_the_connection_says(
        self, service: Service, elsewhere: Service
    ) -> None:
        service.routes["/v1/items"] = answer_one
        elsewhere.routes["/token"] = lambda handler: handler.reply({"access_token": "t", "expires_in": 60})
        there, given = f"http://127.0.0.1:{elsewhere.port}/token", {"login": "id", "password": SECRET}
        hosts = ["127.0.0.1"]
        auth = {"kind": "oauth2_client", "token_path": there}
        with pytest.raises(ConfigurationError, match="token_url into the connection's extras"):
            read(service, given, hosts=hosts, request={"auth": auth})
        assert elsewhere.asked == []
        auth = {"kind": "oauth2_client"}
        given |= {"extra": {"token_url": there}}
        assert numbers(read(service, given, hosts=hosts, request={"auth": auth})) == [1]
        assert refusal(service, connection=given, request={"auth": auth}).code == "host_not_allowed"

    @pytest.mark.parametrize("host", ["http://u:pw@127.0.0.1", "http://127.0.0.1/x?token=t", "127.0.0.1#x"])
    def test_an_address_with_more_than_a_host_and_a_path_is_refused(self, host: str) -> None:
        with pytest.raises(ConfigurationError, match="holds more than a host and a path"):
            base_url(Connection("mes", "http", host=host))


class TestEnvironment:
    """What the environment says doesn't count."""

    def test_its_proxies_and_netrc_are_left_alone(
        self, service: Service, elsewhere: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        service.routes["/v1/items"] = answer_one
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{elsewhere.port}")
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        (tmp_path / ".netrc").write_text(f"machine 127.0.0.1 login u password {SECRET}\n")
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
        assert numbers(read(service)) == [1]
        assert elsewhere.asked == [] and "Authorization" not in service.asked[0][2]


class TestTls:
    """Certificates are checked by name, although the connection goes to an address."""

    @pytest.fixture
    def authority(self, tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
        return make_certificate(tmp_path, NAME)

    def test_the_name_must_be_the_certificates(self, authority: Any, lead: Any) -> None:
        file, context = authority
        lead(["127.0.0.1"])
        with serve(context) as service:
            service.routes["/v1/items"] = answer_one
            hosts = [NAME, "127.0.0.1"]
            given = {"host": f"https://{NAME}", "extra": {"ca_file": str(file)}}
            assert numbers(read(service, given, hosts=hosts)) == [1]
            assert fault(service, connection={"host": f"https://{NAME}"}, hosts=hosts).code == "tls_failed"
            by_address = given | {"host": "https://127.0.0.1"}
            assert fault(service, connection=by_address, hosts=hosts).code == "tls_failed"
            with pytest.raises(ConfigurationError, match=r"no file /nowhere/ca\.pem"):
                read(service, given | {"extra": {"ca_file": "/nowhere/ca.pem"}}, hosts=hosts)

    def test_a_redirect_that_leaves_tls_is_refused(self, authority: Any, lead: Any) -> None:
        file, context = authority
        lead(["127.0.0.1"])
        with serve(context) as service:
            service.routes["/v1/items"] = lambda handler: handler.reply(
                {}, 302, Location=f"http://{NAME}:{service.port}/v1/items"
            )
            given = {"host": f"https://{NAME}", "extra": {"ca_file": str(file)}}
            assert refusal(service, connection=given, hosts=[NAME, "127.0.0.1"]).code == "host_not_allowed"

    def test_a_drip_over_tls_ends_too(self, authority: Any, lead: Any) -> None:
        file, context = authority
        lead(["127.0.0.1"])
        with serve(context) as service:
            service.routes["/v1/items"] = lambda handler: (handler.begin(), handler.drip(b" " * 100))
            given = {"host": f"https://{NAME}", "extra": {"ca_file": str(file)}}
            more = {
                "hosts": [NAME, "127.0.0.1"],
                "request": {"timeout_seconds": 1},
                "limits": Limits(tries=1),
            }
            assert fault(service, connection=given, **more).code == "timeout"


def make_certificate(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """Return the file of a self-signed certificate for `name`, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "ca.pem", folder / "key.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context
