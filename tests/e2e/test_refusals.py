"""What comes to the webhook and is not WeChat's: refused, nothing stored, no fault of ours."""

from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

import pytest
import requests

from sandbox.envelope import seal, signature_of
from sandbox.launch.town import Town
from tests.bench.phones import Account
from tests.e2e.phones import Phone, number

pytestmark = pytest.mark.e2e
STORED = (
    "SELECT (SELECT count(*) FROM bot_message WHERE kind != 'receipt')"
    " + (SELECT count(*) FROM bot_conversation)"
    " + (SELECT count(*) FROM security_wechat_identity) + (SELECT count(*) FROM outbox_message)"
)
MESSAGE = (
    "<xml><ToUserName>gh_7f083739789a</ToUserName><FromUserName>o_intruder</FromUserName>"
    "<CreateTime>1</CreateTime><MsgType>text</MsgType><Content>你好</Content><MsgId>1</MsgId></xml>"
)
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
FILE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
# Clear texts that no server of WeChat's sends, in an envelope that is sealed and signed as it does.
WITHIN = {
    "doctype": BOMB + MESSAGE.replace("你好", "&b;"),
    "external_entity": FILE + MESSAGE.replace("你好", "&a;"),
    "another_account": MESSAGE.replace("gh_7f083739789a", "gh_of_somebody"),
    "no_sender": MESSAGE.replace("<FromUserName>o_intruder</FromUserName>", ""),
    "endless_sender": MESSAGE.replace("o_intruder", "o" * 5000),
    "no_xml": "你好",
    "empty": "",
    "deep": "<xml>" * 5000,
    "no_time": MESSAGE.replace("<CreateTime>1<", "<CreateTime>soon<"),
}
# Whole bodies, with a query string that was right for something else.
BODIES = {
    "garbage": b"\x00\xff" * 400,
    "not_utf8": b"<xml><Encrypt>\xff\xfe</Encrypt></xml>",
    "json": b'{"ToUserName": "gh_7f083739789a"}',
    "nothing": b"",
    "clear_text": MESSAGE.encode(),
    "not_base64": b"<xml><Encrypt>!!!</Encrypt></xml>",
    "two_roots": b"<a/><b/>",
    "doctype": (BOMB + "<xml><Encrypt>&b;</Encrypt></xml>").encode(),
    "oversize": b"<xml><Encrypt>" + b"A" * (1 << 20) + b"</Encrypt></xml>",
}


@pytest.fixture
def account(town: Town) -> Account:
    return Account(
        "gh_7f083739789a",
        "wx5823bf96d3bd56c7",
        town.env["WECHAT_TOKEN"],
        town.env["WECHAT_AES_KEY"],
    )


def post(town: Town, query: str, body: bytes, **headers: str) -> requests.Response:
    url = f"{town.addresses['web']}/wechat?{query}"
    return requests.post(url, data=body, headers={"Content-Type": "text/xml", **headers}, timeout=9)


def sealed(account: Account, clear: str) -> tuple[str, bytes]:
    """An envelope with this inside, for the query string of a real delivery."""
    query, _ = account.letter("o_intruder", "你好")
    facts = dict(parse_qsl(query))
    inside = seal(clear, aes_key=account.aes_key, appid=account.appid)
    facts["msg_signature"] = signature_of(account.token, facts["timestamp"], facts["nonce"], inside)
    return urlencode(facts), f"<xml><Encrypt>{inside}</Encrypt></xml>".encode()


def refusals(town: Town, account: Account) -> dict[str, int]:
    """Everything wrong, sent; what was answered to each."""
    good_query, good_body = account.letter("o_intruder", "你好")
    sent: dict[str, tuple[str, bytes]] = {
        "wrong_token": replace(account, token="guessed").letter("o_intruder", "你好"),
        "wrong_appid": replace(account, appid="wx0000000000000000").letter("o_intruder", "你好"),
        "wrong_key": replace(account, aes_key="A" * 43).letter("o_intruder", "你好"),
        "wrong_account": replace(account, name="gh_of_somebody").letter("o_intruder", "你好"),
        "no_query": ("", good_body),
        "plain_mode": (good_query.replace("encrypt_type=aes", "encrypt_type=raw"), good_body),
        "cut_off": (good_query, good_body[: len(good_body) // 2]),
        "not_ascii": (good_query.replace("msg_signature=", "msg_signature=%E9"), good_body),
        **{f"within:{name}": sealed(account, clear) for name, clear in WITHIN.items()},
        **{f"body:{name}": (good_query, body) for name, body in BODIES.items()},
    }
    return {name: post(town, *letter).status_code for name, letter in sent.items()}


def test_what_is_not_wechats_is_refused_and_leaves_nothing(town: Town, account: Account) -> None:
    before = number(town, STORED)
    answers = refusals(town, account)
    assert {name: code for name, code in answers.items() if not 400 <= code < 500} == {}
    assert number(town, STORED) == before
    asked = requests.get(f"{town.addresses['web']}/wechat?echostr=hello&signature=1", timeout=9)
    assert asked.status_code == 403
    assert "hello" not in asked.text


def test_a_delivery_replayed_by_an_eavesdropper_changes_nothing(
    town: Town, account: Account
) -> None:
    """The repeat of a genuine delivery gets the same answer and leaves no second row."""
    letter = account.letter("o_replayed", "你好")
    assert post(town, *letter).ok
    once = number(town, STORED)
    assert [post(town, *letter).status_code for _ in range(3)] == [200, 200, 200]
    assert number(town, STORED) == once


def test_after_all_that_the_webhook_still_answers(town: Town) -> None:
    assert Phone(town, "o_after_all").says("你好")
