"""Phones that post signed and encrypted messages straight to a webhook, and time the answers."""

import http.client
import itertools
import os
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from sandbox.envelope import seal, signature_of, unseal

_message_ids = itertools.count(time.time_ns() // 1000)

SUBJECTS = ["英语", "数学", "语文", "钢琴", "围棋", "编程", "美术", "舞蹈", "书法", "作文"]
GRADES = [
    *("一年级", "二年级", "三年级", "四年级", "五年级", "六年级"),
    *("初一", "初二", "初三", "高一", "大班", "中班"),
]
DAYS = ["周一", "周二", "周三", "周四", "周五", "周六", "周日", "周末"]
QUESTIONS = (
    "{grade}的孩子想学{subject}，{day}的班多少钱",
    "请问{day}有没有{grade}的{subject}课",
    "{subject}{grade}{day}几点上课呀",
    "{day}的{subject}班还有名额吗，孩子{grade}",
)
REPEATED = [
    "英语班多少钱",
    "你们在哪里",
    "周末有什么课",
    "怎么报名",
    "有试听吗",
    "数学课几点上",
    "老师怎么样",
    "有优惠吗",
]


def distinct_texts() -> Iterator[str]:
    """3,840 questions, no two alike, mixed so that neighbours differ in everything."""
    mixed = [
        question.format(grade=grade, subject=subject, day=day)
        for question, grade, subject, day in itertools.product(QUESTIONS, GRADES, SUBJECTS, DAYS)
    ]
    step = 1009  # Prime to their number: every one comes once before any comes again.
    return (mixed[i * step % len(mixed)] for i in itertools.count())


def repeated_texts() -> Iterator[str]:
    """The same eight questions over and over, as on the evening after an advertisement."""
    return itertools.cycle(REPEATED)


@dataclass(frozen=True)
class Account:
    """What a webhook and WeChat's servers agreed on."""

    name: str
    appid: str
    token: str
    aes_key: str

    def letter(self, openid: str, text: str) -> tuple[str, bytes]:
        """Query string and body of one signed, encrypted text message."""
        now, nonce = str(int(time.time())), os.urandom(8).hex()
        xml = (
            f"<xml><ToUserName><![CDATA[{self.name}]]></ToUserName>"
            f"<FromUserName><![CDATA[{openid}]]></FromUserName><CreateTime>{now}</CreateTime>"
            f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]></Content>"
            f"<MsgId>{next(_message_ids)}</MsgId></xml>"
        )
        sealed = seal(xml, aes_key=self.aes_key, appid=self.appid)
        query = {
            "signature": signature_of(self.token, now, nonce),
            "timestamp": now,
            "nonce": nonce,
            "openid": openid,
            "encrypt_type": "aes",
            "msg_signature": signature_of(self.token, now, nonce, sealed),
        }
        body = (
            f"<xml><ToUserName><![CDATA[{self.name}]]></ToUserName>"
            f"<Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
        )
        return urlencode(query), body.encode()

    def says_something(self, body: bytes) -> bool:
        """Whether a webhook's answer is a message, not silence or an error page."""
        found = re.search(rb"<Encrypt>(?:<!\[CDATA\[)?([^\]<]+)", body)
        if not found:
            return False
        opened = unseal(found[1].decode(), aes_key=self.aes_key, appid=self.appid)
        return "<MsgType>" in opened


@dataclass(frozen=True)
class Run:
    """What one crowd of phones experienced. Latencies in seconds, sorted."""

    seconds: float
    latencies: Sequence[float]
    answered: int

    def summary(self) -> dict[str, float]:
        """Messages a second, percentiles in milliseconds, and the share that was answered."""
        count = len(self.latencies)

        def percentile(part: float) -> float:
            return round(self.latencies[min(count - 1, int(count * part))] * 1000, 1)

        return {
            "messages": count,
            "messages_per_second": round(count / self.seconds, 1),
            "p50_ms": percentile(0.50),
            "p95_ms": percentile(0.95),
            "p99_ms": percentile(0.99),
            "answered": round(self.answered / count, 4),
        }


def crowd(url: str, account: Account, texts: Iterator[str], phones: int, messages: int) -> Run:
    """`messages` posts from so many phones at once; each phone waits for its answer, as people do.

    Letters are sealed before the clock starts, and answers opened after it has stopped.
    """
    tag = os.urandom(3).hex()
    each = max(1, messages // phones)
    letters = [
        [account.letter(f"o_bench_{tag}_{phone}", next(texts)) for _ in range(each)]
        for phone in range(phones)
    ]
    began = time.perf_counter()
    with ThreadPoolExecutor(phones) as pool:
        outcomes = [row for rows in pool.map(lambda own: _post(url, own), letters) for row in rows]
    seconds = time.perf_counter() - began
    answered = sum(account.says_something(body) for _, body in outcomes)
    return Run(seconds, sorted(latency for latency, _ in outcomes), answered)


def _post(url: str, letters: Sequence[tuple[str, bytes]]) -> list[tuple[float, bytes]]:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    outcomes = []
    for query, body in letters:
        began = time.perf_counter()
        connection.request("POST", f"/wechat?{query}", body, {"Content-Type": "text/xml"})
        answer = connection.getresponse().read()
        outcomes.append((time.perf_counter() - began, answer))
    connection.close()
    return outcomes
