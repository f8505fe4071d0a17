"""What the proxy lets through (X3), read from its configuration."""

import re
from pathlib import Path

import pytest

from tests.house.files import text_of

CONFIGURATION = text_of(Path("deploy/nginx.conf"))


def location(path: str) -> str:
    found = re.search(
        rf"location (?:= )?{re.escape(path)} \{{(.*?)\n        \}}", CONFIGURATION, re.S
    )
    assert found, path
    return found[1]


def test_x3_the_console_opens_only_from_named_networks() -> None:
    console = location("/console")
    assert console.index("include /etc/nginx/console-allow.conf;") < console.index("deny all;")
    allowed = re.findall(r"^(\w+) (\S+);$", text_of(Path("deploy/console-allow.conf")), re.M)
    assert allowed
    assert {verb for verb, _ in allowed} == {"allow"}
    assert not {"all", "0.0.0.0/0", "::/0"} & {network for _, network in allowed}


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
def test_x3_counters_stay_inside(path: str) -> None:
    assert "return 404;" in location(path)


def test_callers_cannot_choose_their_address() -> None:
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in CONFIGURATION
    assert "$proxy_add_x_forwarded_for" not in CONFIGURATION


def test_the_log_keeps_no_query() -> None:
    log_format = re.search(r"log_format plain '(.*)';", CONFIGURATION)
    assert log_format
    assert "$request_uri" not in log_format[1]
    assert "$args" not in log_format[1]


@pytest.mark.parametrize("path", ["/wechat", "/pay/wechat/notify"])
def test_the_platforms_doors_survive_a_dying_replica_and_refuse_big_bodies(path: str) -> None:
    door = location(path)
    assert "non_idempotent" in door
    assert "client_max_body_size 64k;" in door
    assert "limit_req" not in door
