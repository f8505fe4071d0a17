"""Two web processes and three workers share one access token, also when the platform ends it."""

import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import psutil
import pytest
import requests
from redis import Redis

from sandbox.launch.plan import ROOT
from sandbox.launch.town import Town
from sandbox.remote import Remote
from tests.e2e import reckoning
from tests.e2e.errands import MARK
from tests.e2e.phones import eventually, number

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240), pytest.mark.xdist_group("town")]
PEOPLE, EACH = 40, 5
PAGES = 40
UNSENT = "SELECT count(*) FROM outbox_message WHERE status = 'pending'"
SENDS = "/cgi-bin/message/custom/send"
TOKEN = "/cgi-bin/stable_token"
TICKET = "/cgi-bin/ticket/getticket"
STALE = {40001, 40014, 42001}


def everybody_writes(town: Town) -> None:
    """So that the platform lets five messages through to each."""
    remote = Remote(town.addresses["sandbox"])
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda person: remote.say(f"{MARK}{person}", "谢谢"), range(PEOPLE)))
    eventually(lambda: not remote.get("/sandbox/health")["pending"], 60)


def new_web_processes(town: Town) -> None:
    """Both web processes die and are replaced: the new ones know neither token nor ticket."""
    master = psutil.Process(town.pids["web"])
    former = {child.pid for child in master.children()}
    for pid in former:
        psutil.Process(pid).kill()
    eventually(lambda: len({child.pid for child in master.children()} - former) == len(former))
    assert len(former) == 2


def open_pages(town: Town) -> list[int]:
    """Pages of ours ask both web processes for the JS-SDK's signature, all at once."""
    page = urlencode({"url": f"{town.env['PUBLIC_URL']}/me"})

    def ask(_number: int) -> int:
        return requests.get(f"{town.addresses['web']}/jssdk?{page}", timeout=30).status_code

    with ThreadPoolExecutor(PAGES) as pool:
        return list(pool.map(ask, range(PAGES)))


def test_an_expiry_costs_one_refresh_for_five_processes(second_town: Town) -> None:
    town = second_town
    assert {"worker", "worker-2", "worker-3"} <= town.pids.keys()
    everybody_writes(town)
    new_web_processes(town)
    former = reckoning.tokens_issued(town)
    with Redis.from_url(town.env["REDIS_URL"]) as redis:
        redis.delete(f"wechat:jsapi_ticket:{town.env.get('WECHAT_APPID', 'wx5823bf96d3bd56c7')}")
    before = reckoning.last_exchange(town)
    fault = {"target": "api", "kind": "token_expired", "times": 1}
    Remote(town.addresses["sandbox"]).post("/sandbox/faults", fault)

    errand = [sys.executable, "-m", "tests.e2e.errands", str(PEOPLE), str(EACH)]
    saying = subprocess.Popen(errand, cwd=ROOT, env=town.env)
    assert open_pages(town) == [200] * PAGES
    assert saying.wait(60) == 0
    eventually(lambda: not number(town, UNSENT), 120)

    calls = reckoning.calls(town, after=before)
    by_path = Counter(call.path for call in calls if call.errcode == 0)
    assert (by_path[SENDS], by_path[TICKET], by_path[TOKEN]) == (PEOPLE * EACH, 1, 1)
    (issued,) = reckoning.tokens_issued(town)[len(former) :]
    guarded = [call for call in calls if call.token]
    assert {call.token for call in guarded if call.errcode == 0} == {issued}
    refused = [call for call in guarded if call.errcode]
    assert {call.token for call in refused} == {former[-1]}
    assert {call.errcode for call in refused} <= STALE
