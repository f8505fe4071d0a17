"""What docker-compose.yml promises, read without Docker."""

import importlib.util
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from backend.kit.config import Settings
from tests.house.files import ROOT, text_of
from tests.house.test_environment import OF_THE_PROCESSES, example

COMPOSE: dict[str, Any] = yaml.safe_load(text_of(Path("docker-compose.yml")))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SCALED = ("web", "worker", "nlu")
LASTING = [name for name in SERVICES if name != "migrate"]


def test_the_services_are_those_of_the_house() -> None:
    expected = {"proxy", "web", "worker", "cron", "nlu", "redis", "postgres", "migrate"}
    assert set(SERVICES) == expected


@pytest.mark.parametrize("name", LASTING)
def test_a_service_is_watched_and_restarted(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    check = service["healthcheck"]["test"]
    assert check[0] == "CMD"
    assert len(check) > 1


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_bounded_and_nobody_is_root(name: str) -> None:
    service = SERVICES[name]
    assert {"cpus", "memory"} <= service["deploy"]["resources"]["limits"].keys()
    assert service["user"] not in ("0", "root")
    assert service["cap_drop"] == ["ALL"]
    assert "privileged" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_replicas_do_not_fight_over_names_and_ports(name: str) -> None:
    assert "container_name" not in SERVICES[name]
    assert ("ports" in SERVICES[name]) == (name == "proxy")


def test_what_holds_rows_cannot_be_reached_from_outside() -> None:
    assert COMPOSE["networks"]["back"]["internal"]
    for name in ("postgres", "redis", "nlu"):
        assert SERVICES[name]["networks"] == ["back"]


def test_rows_outlive_their_container() -> None:
    assert "rows:/var/lib/postgresql/data" in SERVICES["postgres"]["volumes"]
    used = {
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if not volume.startswith(".")
    }
    assert used == set(COMPOSE["volumes"])


def test_mounted_files_exist() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            if volume.startswith("./"):
                assert (ROOT / volume.split(":")[0]).is_file()


def test_secrets_come_as_files_that_the_script_makes() -> None:
    script = text_of(Path("deploy/secrets.sh"))
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", [])}
    assert used == set(COMPOSE["secrets"])
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f"deploy/secrets/{name}"}
        assert re.search(rf"\b{name}\b", script), name


def test_no_secret_is_given_as_a_variable() -> None:
    secret = {
        name.upper()
        for name, field in Settings.model_fields.items()
        if "Secret" in str(field.annotation) or name == "database_url"
    }
    for service in SERVICES.values():
        assert not secret & service.get("environment", {}).keys()
    missing = secret - {name.upper() for name in COMPOSE["secrets"]}
    assert missing == set()


@pytest.mark.parametrize("name", ["web", "worker", "cron", "migrate"])
def test_variables_are_settings_that_exist(name: str) -> None:
    known = {field.upper() for field in Settings.model_fields} | OF_THE_PROCESSES
    given = SERVICES[name]["environment"].keys()
    assert set(given) - known <= {"PROMETHEUS_MULTIPROC_DIR"}
    assert SERVICES[name]["environment"]["ENVIRONMENT"] == "production"


def test_what_is_asked_of_the_env_file_is_in_the_example() -> None:
    asked = re.findall(r"\$\{([A-Z_]+)", text_of(Path("docker-compose.yml")))
    assert set(asked) <= set(example())


@pytest.mark.parametrize("name", ["web", "worker", "cron", "migrate", "nlu"])
def test_commands_exist_in_this_repository(name: str) -> None:
    for command in (SERVICES[name].get("command", []), SERVICES[name].get("healthcheck", {})):
        words = command if isinstance(command, list) else command.get("test", [])
        for flag, module in pairwise(words):
            if flag == "-m":
                assert importlib.util.find_spec(module), module
        for word in words:
            if re.fullmatch(r"[\w/]+\.py", word):
                assert (ROOT / word).is_file(), word
            if re.fullmatch(r"[\w.]+:\w+", word):
                assert importlib.util.find_spec(word.split(":")[0]), word


def test_scaled_services_have_no_state_of_their_own() -> None:
    for name in SCALED:
        volumes = SERVICES[name].get("volumes", [])
        assert volumes in ([], ["files:/var/lib/house"], ["models:/house/nlu/models"])
