"""A crowd of parents who walk the whole line at once, and whoever kills processes meanwhile."""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from sandbox.launch.town import Town
from tests.e2e.phones import Line, Phone, rows

# What a parent says, and a word that only the right answer to it contains, in this order.
LINE = (
    ("我想给孩子报周末的英语班，多少钱？", "在招："),
    ("我要报名{class_name}", "孩子叫什么名字"),
    ("{child}", "几年级"),
    ("三年级", "怎么称呼"),
    ("{guardian}", "手机号"),
    ("{phone}", "请核对"),
    ("同意", "待付款"),
)
# Said in one breath, without waiting; each has its own answer, whoever understands it.
BREATH = (
    ("英语班多少钱", "在招："),
    ("你们在哪里", "望京西路"),
    ("我要投诉，老师迟到了三次", "投诉已登记"),
)
PAID = "已报名成功"
IN_FORCE = "培训服务合同（编号"
MOST_KILLS = 18
THINKING_SECONDS = (0.5, 5.0)
GIVE_UP_SECONDS = 120.0
LATEST_ANSWER_SECONDS = 25.0
"""Three tries of five seconds each, and the sweep's turn."""


@dataclass
class Parent:
    """One walk through the line, and everything that was expected of it."""

    town: Town
    phone: Phone
    class_name: str
    child: str
    guardian: str
    mobile: str
    dice: random.Random
    expected: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    dropped: int = 0
    trouble: str = ""

    def walk(self) -> None:
        """Follow, ask, sign up, pay, and say three things in one breath."""
        try:
            self._say_all()
        except Exception as broken:  # It belongs to the test's thread, not to this one.
            self.trouble = f"{self.phone.who}: {type(broken).__name__}: {broken}"

    def _say_all(self) -> None:
        self.expected.append("欢迎关注")
        self._send("你好", "subscribe")
        self._wait()
        for words, marker in LINE:
            said = words.format(
                class_name=self.class_name,
                child=self.child,
                guardian=self.guardian,
                phone=self.mobile,
            )
            time.sleep(self.dice.uniform(*THINKING_SECONDS))
            self.expected.append(marker)
            self._send(said)
            self._wait()
        self._pay()
        for words, marker in BREATH:
            self.expected.append(marker)
            self._send(words)
        self._wait()

    def _send(self, words: str, event: str = "") -> None:
        remote, who = self.phone.remote, self.phone.who
        if event:
            remote.happen(who, event)
        else:
            remote.say(who, words)
        self.said.append(words)

    def _wait(self) -> None:
        """Until there are as many answers as messages. What the platform has dropped (three tries
        at a dead door, so that nothing was stored) is said once more, as people do."""
        until = time.monotonic() + GIVE_UP_SECONDS
        look_again_at = time.monotonic() + LATEST_ANSWER_SECONDS
        while len(self.answers()) < len(self.expected):
            if time.monotonic() > until:
                raise TimeoutError(f"no answer to {self.expected[len(self.answers())]!r}")
            if time.monotonic() > look_again_at:
                look_again_at += LATEST_ANSWER_SECONDS
                for at in self._dropped():
                    self.dropped += 1
                    self.expected.append(self.expected.pop(at))  # Its answer comes last now.
                    self._send(self.said.pop(at))
            time.sleep(0.3)

    def _dropped(self) -> list[int]:
        """Which of the messages have not arrived, the last first. The first one is an event."""
        stored = "SELECT incoming FROM bot_message WHERE openid = :who AND kind != 'receipt'"
        found = [row[0] for row in rows(self.town, stored, who=self.phone.who)]
        read = [json.loads(each) if isinstance(each, str) else each for each in found]
        texts = {each.get("text") for each in read}
        lost = [at for at, words in enumerate(self.said) if at and words not in texts]
        return sorted(lost if found else [0, *lost], reverse=True)

    def _pay(self) -> None:
        until = time.monotonic() + GIVE_UP_SECONDS
        while not str(self.phone.pays().get("err_msg", "")).endswith(":ok"):
            if time.monotonic() > until:
                raise TimeoutError("the pay page did not open")
            time.sleep(0.5)

    def answers(self) -> list[Line]:
        """Everything the phone has shown but notices that nobody asked for."""
        shown = self.phone.received()
        return [
            line
            for line in shown
            if line["via"] != "template"
            and not any(words in line["text"] for words in (PAID, IN_FORCE))
        ]

    def notices(self) -> list[Line]:
        """What the phone was told of the order being paid."""
        return self.phone.received(PAID)


def parents(town: Town, count: int, classes: Sequence[str], mark: str) -> list[Parent]:
    """So many, each with an openid, a name and a phone number of their own."""
    given = "安博成丹恩帆歌涵佳凯岚明"
    return [
        Parent(
            town=town,
            phone=Phone(town, f"o_{mark}_{n}"),
            class_name=classes[n % len(classes)],
            child=f"林{given[n % 12]}{given[(n * 5 + 3) % 12]}",
            guardian=f"高{given[(n * 7 + 1) % 12]}",
            mobile=f"1390000{n:04d}",
            dice=random.Random(n),
        )
        for n in range(count)
    ]


class Killer:
    """Kills -9 one program after the other at moments nobody could foresee but a seed repeats.

    A whole program dies with all its processes and comes back by the supervisor; of web, every
    second time, only one worker process dies.
    """

    def __init__(self, town: Town, names: Sequence[str], seed: int, pause: tuple[float, float]):
        self._town = town
        self._names = names
        self._dice = random.Random(seed)
        self._pause = pause
        self._over = threading.Event()
        self.kills: Counter[str] = Counter()

    def run(self) -> None:
        """Kill until told to stop or it is enough: a town that is always dead proves nothing."""
        while not self._over.wait(self._dice.uniform(*self._pause)):
            if sum(self.kills.values()) >= MOST_KILLS:
                return
            name = self._dice.choice(self._names)
            with suppress(LookupError, ProcessLookupError, psutil.Error):  # It is dead already.
                self._kill(name)

    def stop(self) -> None:
        """No more kills; everything that is not running is started."""
        self._over.set()

    def _kill(self, name: str) -> None:
        if name == "web" and self._dice.random() < 0.5:
            self._dice.choice(psutil.Process(self._town.pids[name]).children()).kill()
            self.kills["web worker"] += 1
        else:
            self._town.crash(name)
            self.kills[name] += 1


def walk_together(crowd: Sequence[Parent], killer: Killer | None) -> None:
    """All at once, with the killer about; raises what went wrong with any of them."""
    threads = [threading.Thread(target=parent.walk) for parent in crowd]
    murder = threading.Thread(target=killer.run) if killer else None
    for thread in threads:
        thread.start()
        time.sleep(0.2)
    if murder:
        murder.start()
    for thread in threads:
        thread.join()
    if killer and murder:
        killer.stop()
        murder.join()
    troubles = [parent.trouble for parent in crowd if parent.trouble]
    assert not troubles, "; ".join(troubles)
