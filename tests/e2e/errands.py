"""`python -m tests.e2e.errands PEOPLE EACH`: say so many things to each of `o_token_0` … at once,
as a room would, in a process that has the town's settings."""

import sys

from backend.kit.db import unit_of_work
from backend.outbox import service as outbox
from backend.outbox.schemas import ChatMessage, Recipient

MARK = "o_token_"


def main(people: int, each: int) -> None:
    """One unit, one ring per person after it."""
    with unit_of_work() as session:
        for person in range(people):
            for number in range(each):
                text = f"第{number + 1}条通知"
                outbox.say(
                    session,
                    to=Recipient(openid=f"{MARK}{person}"),
                    message=ChatMessage(body={"msgtype": "text", "text": {"content": text}}),
                    dedupe_key=f"token:{person}:{number}",
                )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
