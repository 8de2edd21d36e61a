"""What docker-compose.yaml must keep to beyond its schema: most functions return what is wrong with it.

They take the parsed file, so that a test can hand over a spoilt copy and see each one object.
"""

import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ruamel.yaml import YAML

from include.home import PROJECT

Compose = dict[str, Any]

AIRFLOW_SERVICES = {"init", "api-server", "scheduler", "dag-processor", "triggerer", "worker"}

VARIABLE = re.compile(r"(?<!\$)\$\{(?P<name>\w+)(?:(?P<how>:?[-?])(?P<text>[^}]*))?\}")
SECRET = re.compile(r"(PASSWORD|SECRET|SECRET_KEY|FERNET_KEY|TOKEN)$")


def read_compose() -> Compose:
    """Return the compose file, parsed, its variables as they stand."""
    return YAML(typ="safe").load(PROJECT / "docker-compose.yaml")


def make_env(folder: Path) -> dict[str, str]:
    """Run deploy/make_env.sh on a copy of the example in `folder`; return the values that it wrote."""
    (folder / "deploy").mkdir()
    for name in (".env.example", "deploy/make_env.sh"):
        (folder / name).write_bytes((PROJECT / name).read_bytes())
    subprocess.run(["sh", "deploy/make_env.sh"], cwd=folder, check=True, capture_output=True)
    assert (folder / ".env").stat().st_mode & 0o077 == 0
    lines = (folder / ".env").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def walk_texts(node: Any) -> Iterator[str]:
    """Yield every text value of the document, at any depth."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for value in node.values():
            yield from walk_texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk_texts(value)


def interpolate(node: Any, values: Mapping[str, str]) -> Any:
    """Return the document as Compose sees it. Raises KeyError for a required value that isn't given."""
    if isinstance(node, str):
        return VARIABLE.sub(lambda found: _value_of(found, values), node).replace("$$", "$")
    if isinstance(node, Mapping):
        return {key: interpolate(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [interpolate(value, values) for value in node]
    return node


def _value_of(found: re.Match[str], values: Mapping[str, str]) -> str:
    given = values.get(found["name"])
    if given:
        return given
    if found["how"] == ":-":
        return found["text"]
    raise KeyError(found["name"])


def required_variables(compose: Compose) -> set[str]:
    """Return the names without which Compose refuses to start."""
    return {
        found["name"]
        for text in walk_texts(compose)
        for found in VARIABLE.finditer(text)
        if found["how"] == ":?"
    }


def optional_variables(compose: Compose) -> dict[str, str]:
    """Return the names that have a default, with it."""
    return {
        found["name"]: found["text"]
        for text in walk_texts(compose)
        for found in VARIABLE.finditer(text)
        if found["how"] == ":-"
    }


def secrets_not_required(compose: Compose) -> list[str]:
    """Return secrets with a default or no explanation, and those written out."""
    problems = [
        f"{found[0]} must be required, with an explanation"
        for text in walk_texts(compose)
        for found in VARIABLE.finditer(text)
        if SECRET.search(found["name"]) and (found["how"] != ":?" or not found["text"])
    ]
    for service, name, value in environments(compose):
        if SECRET.search(name) and not VARIABLE.fullmatch(value.strip()):
            problems.append(f"{service}: {name} must come from one variable")
        password = re.search(r"://[^/@:]*:([^@]*)@", value)
        if password and not VARIABLE.fullmatch(password[1]):
            problems.append(f"{service}: the password in {name} is written out")
    return problems


def environments(compose: Compose) -> Iterator[tuple[str, str, str]]:
    """Yield service, name and value of each environment variable."""
    for service, body in compose["services"].items():
        for name, value in body.get("environment", {}).items():
            yield service, name, str(value)


def holders_of_secrets(compose: Compose) -> dict[str, set[str]]:
    """Return which services are told each secret."""
    holders: dict[str, set[str]] = {}
    for service, _, value in environments(compose):
        for found in VARIABLE.finditer(value):
            if SECRET.search(found["name"]):
                holders.setdefault(found["name"], set()).add(service)
    return holders


def secrets_of_several_logins(compose: Compose) -> list[str]:
    """Return variables that stand for the password of more than one log-in in the URLs."""
    logins: dict[str, set[tuple[str, str]]] = {}
    for _, _, value in environments(compose):
        for login, secret, host in re.findall(r"://(\w*):\$\{(\w+)[^}]*\}@([\w-]+)", value):
            logins.setdefault(secret, set()).add((login, host))
    return [f"{secret} is used by {sorted(of)}" for secret, of in logins.items() if len(of) > 1]


def unknown_settings(compose: Compose, options: Mapping[str, Iterable[str]], read: set[str]) -> list[str]:
    """Return AIRFLOW__SECTION__KEY names that Airflow lacks, and KPI_ names that the project never reads."""
    problems = []
    for service, name, _ in environments(compose):
        if name.startswith("AIRFLOW__"):
            _, section, key = name.lower().split("__", 2)
            if key not in options.get(section, ()):
                problems.append(f"{service}: Airflow has no option {name}")
        elif name.startswith(("AIRFLOW", "_AIRFLOW")):
            problems.append(f"{service}: {name} is no option of Airflow's")
        elif name.startswith("KPI_") and name not in read:
            problems.append(f"{service}: nothing reads {name}")
    return problems


def services_not_minded(compose: Compose, one_shot: set[str]) -> list[str]:
    """Return which services lack what a server needs: health checks, restarts, limits, a locked-down root."""
    problems = []
    for service, body in compose["services"].items():
        long_running = service not in one_shot
        logging = body.get("logging", {}).get("options", {})
        faults = {
            "no health check": long_running and not body.get("healthcheck", {}).get("test"),
            "not restarted": long_running and body.get("restart") != "unless-stopped",
            "restarted although it ends": not long_running and body.get("restart") != "no",
            "logs grow for ever": not {"max-size", "max-file"} <= logging.keys(),
            "no memory limit": "memory" not in body.get("deploy", {}).get("resources", {}).get("limits", {}),
            "its root is writable": not body.get("read_only"),
            "may gain privileges": "no-new-privileges:true" not in body.get("security_opt", ()),
            "keeps capabilities": body.get("cap_drop") != ["ALL"],
            "its image isn't pinned": not re.fullmatch(r"[\w./-]+:v?\d+\.\d+[\w.-]*", body.get("image", "")),
            "on no network": not body.get("networks"),
        }
        problems += [f"{service}: {fault}" for fault, applies in faults.items() if applies]
    return problems


def published_ports(compose: Compose) -> dict[str, list[str]]:
    """Return the ports that each service opens on the host."""
    open_to = {name: list(body.get("ports", ())) for name, body in compose["services"].items()}
    hosts = {name: ["host network"] for name, body in compose["services"].items() if "network_mode" in body}
    return {name: ports for name, ports in (open_to | hosts).items() if ports}


def broken_references(compose: Compose) -> list[str]:
    """Return what Compose would refuse although the schema allows it: unknown names, impossible waits."""
    services, problems = compose["services"], []
    for service, body in services.items():
        problems += [
            f"{service}: no network {name}"
            for name in body.get("networks", ())
            if name not in compose["networks"]
        ]
        for volume in body.get("volumes", ()):
            name = _named_volume(volume)
            if name and name not in compose["volumes"]:
                problems.append(f"{service}: no volume {name}")
        for other, rule in body.get("depends_on", {}).items():
            if other not in services:
                problems.append(f"{service}: waits for {other}, which isn't there")
            elif rule["condition"] == "service_healthy" and "healthcheck" not in services[other]:
                problems.append(f"{service}: waits for the health of {other}, which has no check")
            elif rule.get("required", True) and not set(services[other].get("profiles", ())) <= set(
                body.get("profiles", ())
            ):
                problems.append(f"{service}: waits for {other}, which a profile may leave out")
    return problems


def _named_volume(volume: str | Mapping[str, Any]) -> str:
    if isinstance(volume, str):
        source = volume.split(":")[0]
        return "" if source.startswith((".", "/")) else source
    return str(volume["source"]) if volume["type"] == "volume" else ""


def unreachable_hosts(compose: Compose) -> list[str]:
    """Return URLs in a service's environment that name a service on none of its networks."""
    services, problems = compose["services"], []
    for service, name, value in environments(compose):
        host = urlsplit(VARIABLE.sub("x", value).removeprefix("db+")).hostname if "://" in value else None
        if host in services and not set(services[host]["networks"]) & set(services[service]["networks"]):
            problems.append(f"{service}: {name} names {host}, on no common network")
    return problems
