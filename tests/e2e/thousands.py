"""Many people who say a few things each, far faster than anybody could read the answers."""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sandbox.launch.town import Town
from sandbox.remote import Remote

# What is said, in several ways, and a word that only the right answer to it contains. None of it
# depends on what was said before, so that the network may swap any two of them.
QUESTIONS = (
    (("你们在哪里", "校区地址在哪儿", "你们学校怎么走"), "望京西路"),
    (("能退费吗", "怎么退款", "可以退课吗"), "付款后7天内"),
    (("查一下订单", "查下我的订单", "我的那个订单"), "没有查到您的订单"),
    (("什么时候上课", "几点上课", "看看课表"), "和您微信绑定的学员"),
)
PHRASES = (
    (("谢谢", "多谢", "谢谢啦", "感谢"), "不客气"),
    (("再见", "拜拜"), "祝您生活愉快"),
    (("在吗", "你好", "您好"), "很高兴为您服务"),
    (("算了", "取消"), "没有正在办理的事项"),
)
PRICES = tuple(
    ((f"{subject}班多少钱", f"{subject}课什么价格", f"{subject}学费"), f"{subject}班在招")
    for subject in ("英语", "美术", "编程", "书法")
)
BEFORE = ("", "请问", "老师，", "麻烦问下，")
AFTER = ("", "？", "～", "。")
EVENTS = (("subscribe", "", "欢迎关注"), ("CLICK", "campus", "望京西路"))
EACH_SAYS = 5
ASKS_A_PRICE = 5
"""Every so-manieth person; each becomes a lead, about whom an advisor is told by a push."""
MOST_UNDER_WAY = 40
SPEAKERS = 6


@dataclass(frozen=True)
class Said:
    """One thing a person says or does, and what the right answer to it contains."""

    words: str
    marker: str
    event: str = ""


@dataclass(frozen=True)
class Breath:
    """What one person says without waiting."""

    openid: str
    said: Sequence[Said]


def breaths(people: int, mark: str, seed: int) -> list[Breath]:
    """Everything that all of them say, in an order that only the seed knows: a third of the people
    say all in one breath, the others in two or one by one; every fourth follows or taps first."""
    dice = random.Random(seed)
    found: list[Breath] = []
    for person in range(people):
        wanted = dice.sample((*QUESTIONS, *PHRASES), EACH_SAYS)
        if person % ASKS_A_PRICE == 0:
            wanted[dice.randrange(EACH_SAYS)] = dice.choice(PRICES)
        said = [
            Said(_worded(dice, ways, is_phrase=(ways, marker) in PHRASES), marker)
            for ways, marker in wanted
        ]
        if person % 4 == 0:
            event, key, marker = EVENTS[person // 4 % 2]
            said = [Said(key, marker, event), *(s for s in said if s.marker != marker)]
        said = said[:EACH_SAYS]
        size = (len(said), 3, 1)[person % 3]
        openid = f"o_{mark}_{person}"
        found += [Breath(openid, said[at : at + size]) for at in range(0, len(said), size)]
    dice.shuffle(found)
    return found


def _worded(dice: random.Random, ways: Sequence[str], *, is_phrase: bool) -> str:
    before = "" if is_phrase else dice.choice(BEFORE)
    return before + dice.choice(ways) + dice.choice(AFTER)


class Speakers:
    """Says it all, through a few threads, never with more under way than a platform would have."""

    def __init__(self, town: Town, said: Sequence[Breath]) -> None:
        self._address = town.addresses["sandbox"]
        self._said: Iterator[Breath] = iter(said)
        self._lock = threading.Lock()
        self._troubles: list[str] = []

    def say_all(self) -> None:
        """Returns when the last word was sent; raises what went wrong with any."""
        threads = [threading.Thread(target=self._speak) for _ in range(SPEAKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not self._troubles, self._troubles

    def _speak(self) -> None:
        remote = Remote(self._address)
        try:
            while (breath := self._next()) is not None:
                while remote.get("/sandbox/health")["pending"] >= MOST_UNDER_WAY:
                    time.sleep(0.05)
                for said in breath.said:
                    if said.event:
                        remote.happen(breath.openid, said.event, said.words)
                    else:
                        remote.say(breath.openid, said.words)
        except Exception as broken:  # It belongs to the test's thread, not to this one.
            self._troubles.append(f"{type(broken).__name__}: {broken}")

    def _next(self) -> Breath | None:
        with self._lock:
            return next(self._said, None)


def by_words(said: Sequence[Breath]) -> dict[tuple[str, str], Said]:
    """(openid, words or event) → what was said."""
    return {(each.openid, s.event or s.words): s for each in said for s in each.said}
