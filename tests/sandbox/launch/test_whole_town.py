"""The whole town, as `make run` starts it."""

import urllib.request

import pytest

from sandbox.launch.town import Town

pytestmark = [pytest.mark.e2e, pytest.mark.rasa]


def test_everything_runs_and_answers(town: Town) -> None:
    assert set(town.pids) == {"redis", "nlu", "sandbox", "web", "worker", "cron"}
    assert set(town.addresses) == {"nlu", "sandbox", "web"}
    for name, url in town.addresses.items():
        with urllib.request.urlopen(url + town.programs[name].ready_path, timeout=10) as page:
            assert page.status == 200, name


def test_nobody_keeps_dying(town: Town) -> None:
    assert town.ailing() == {}
