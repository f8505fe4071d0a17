"""A thousand people say five things each, while the network does its worst and processes die.

The understanding is the keywords: the town's NLU server answers at once and knows nothing. What it
would understand is measured elsewhere, and here it would only take the machine from what is tested:
that each letter is answered once, in order, within the budget, whatever repeats, swaps, delays or
loses it, and whoever dies meanwhile. All faults and kills follow from one seed.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Sequence

import pytest

from sandbox.launch.town import Town
from sandbox.remote import Remote
from tests.e2e import reckoning
from tests.e2e.crowds import Killer
from tests.e2e.phones import eventually, number
from tests.e2e.reckoning import Person
from tests.e2e.thousands import Breath, Said, Speakers, breaths, by_words

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600), pytest.mark.xdist_group("town")]
PEOPLE = 1000
MARK = "thousand"
SEED = 20261124
FAULTS = (
    {"kind": "duplicate", "probability": 0.06, "copies": 2},
    {"kind": "reorder", "probability": 0.04, "seconds": 1.0},
    {"kind": "delay", "probability": 0.04, "seconds": 0.5},
    {"kind": "lose_answer", "probability": 0.01},
)
VICTIMS = ("web", "worker", "worker-2", "worker-3")
PAUSE_SECONDS = (5.0, 10.0)
OF_THE_CROWD = f"openid LIKE 'o_{MARK}_%'"
UNANSWERED = "SELECT count(*) FROM bot_message WHERE answered_at IS NULL"
UNSENT = "SELECT count(*) FROM outbox_message WHERE status = 'pending'"
OVER_BUDGET = {45015, 45047}


@pytest.fixture(scope="module")
def said() -> list[Breath]:
    return breaths(PEOPLE, MARK, SEED)


def settle(town: Town) -> None:
    """Start what is dead, and wait until nothing is under way on either side."""
    for name in town.programs:
        town.start(name)
    sandbox = Remote(town.addresses["sandbox"])
    eventually(lambda: not sandbox.get("/sandbox/health")["pending"], 120)
    eventually(lambda: not number(town, UNANSWERED) and not number(town, UNSENT), 180)


def say_among_faults(town: Town, said: Sequence[Breath]) -> Killer:
    """Say all of it on a bad day; then the day is over."""
    sandbox = Remote(town.addresses["sandbox"])
    for fault in FAULTS:
        wanted = {"target": "delivery", "seed": SEED, "match": f"o_{MARK}_", **fault}
        sandbox.post("/sandbox/faults", wanted)
    killer = Killer(town, VICTIMS, SEED, PAUSE_SECONDS)
    murder = threading.Thread(target=killer.run)
    murder.start()
    try:
        Speakers(town, said).say_all()
    finally:
        killer.stop()
        murder.join()
        sandbox.delete("/sandbox/faults")
    return killer


def say_again(town: Town, crowd: Sequence[Person], wanted: dict[tuple[str, str], Said]) -> int:
    """What the platform has dropped, after three tries at a dead door, is said once more, as people
    do; so is what was answered while it hung up for the last time. Returns how many these were."""
    missing = [
        Breath(person.openid, [wanted[person.openid, letter.words] for letter in lost])
        for person in crowd
        if (lost := person.unheard())
    ]
    Speakers(town, missing).say_all()
    return sum(len(breath.said) for breath in missing)


def check_person(person: Person, wanted: dict[tuple[str, str], Said]) -> int:
    """Each thing said has one right answer, shown in order; returns how many came twice."""
    heard = Counter(letter.words for letter in person.heard())
    assert set(heard.values()) == {1}, (person.openid, heard)
    for letter in person.heard():
        right = wanted[person.openid, letter.words].marker
        stored = person.stored[letter.number]
        assert right in stored.text, (letter, stored)
    reckoning.check_order(person)
    return reckoning.doubles(person)


def test_each_of_five_thousand_messages_is_answered_once(
    second_town: Town, said: list[Breath]
) -> None:
    town, wanted = second_town, by_words(said)
    assert len({breath.openid for breath in said}) == PEOPLE
    assert len(wanted) == 5 * PEOPLE
    began = time.monotonic()
    killer = say_among_faults(town, said)
    spoken = time.monotonic()
    settle(town)
    again = say_again(town, reckoning.people(town, MARK), wanted)
    settle(town)
    ended = time.monotonic()

    crowd = reckoning.people(town, MARK)
    doubled = sum(check_person(person, wanted) for person in crowd)
    assert {
        (person.openid, letter.words) for person in crowd for letter in person.heard()
    } == wanted.keys()
    of_messages = f"SELECT id FROM outbox_message WHERE {OF_THE_CROWD}"
    unknown = number(
        town,
        "SELECT count(*) FROM outbox_attempt WHERE finished_at IS NULL"
        f" AND message_id IN ({of_messages})",
    )
    assert doubled <= unknown
    unsent = f"SELECT count(*) FROM outbox_message WHERE status != 'sent' AND {OF_THE_CROWD}"
    assert number(town, unsent) == 0
    answers = Counter(call.errcode for call in reckoning.calls(town))
    assert not OVER_BUDGET & answers.keys()
    stored = [one for person in crowd for one in person.stored.values()]
    figures = {
        "people": len(crowd),
        "messages": len(stored),
        "messages_per_second": round(5 * PEOPLE / (spoken - began), 1),
        "seconds": round(ended - began),
        "kills": dict(killer.kills),
        "as_customer_messages": sum(one.via == "customer" for one in stored),
        "dropped_by_the_platform": again,
        "out_of_order_on_the_way": sum(not person.came_in_order for person in crowd),
        "doubled": doubled,
        "sendings_died_over": unknown,
        "errcodes": dict(answers),
    }
    print(json.dumps(figures))
    killed = " ".join(killer.kills)
    assert "web" in killed
    assert "worker" in killed.replace("web worker", "")
