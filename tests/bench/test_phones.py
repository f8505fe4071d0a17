"""The benchmark's own phones: what they send is what WeChat would, what they count is right."""

from itertools import islice
from urllib.parse import parse_qs

from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto

from tests.bench.phones import Account, Run, distinct_texts

ACCOUNT = Account("gh_7f083739789a", "wx5823bf96d3bd56c7", "a-token", "A" * 43)


def test_a_letter_is_what_another_library_can_open() -> None:
    query, body = ACCOUNT.letter("o_phone", "多少钱")
    sent = {name: values[0] for name, values in parse_qs(query).items()}
    crypto = WeChatCrypto(ACCOUNT.token, ACCOUNT.aes_key, ACCOUNT.appid)
    opened = crypto.decrypt_message(body, sent["msg_signature"], sent["timestamp"], sent["nonce"])
    message = parse_message(opened)
    assert (message.source, message.target) == ("o_phone", ACCOUNT.name)
    assert (message.type, message.content) == ("text", "多少钱")


def test_silence_and_error_pages_do_not_count_as_answers() -> None:
    _, body = ACCOUNT.letter("o_phone", "多少钱")
    assert ACCOUNT.says_something(body)
    assert not ACCOUNT.says_something(b"success")
    assert not ACCOUNT.says_something(b"<html>500</html>")


def test_distinct_texts_are_distinct() -> None:
    texts = list(islice(distinct_texts(), 3840))
    assert len(set(texts)) == 3840


def test_percentiles_are_of_all_messages() -> None:
    summary = Run(2.0, [ms / 1000 for ms in range(1, 101)], answered=99).summary()
    assert summary["messages_per_second"] == 50
    assert (summary["p50_ms"], summary["p95_ms"], summary["p99_ms"]) == (51.0, 96.0, 100.0)
    assert summary["answered"] == 0.99
