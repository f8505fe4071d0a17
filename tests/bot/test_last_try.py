"""An answer that is ready only after the platform's last try goes out by itself (design §3)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from backend.kit import clock
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.outbox.models import OutboxMessage
from bot import conversation, inbound, turn

BEGAN_AT = clock.now().replace(microsecond=0)


def ways_out(*, sent: float, received: float, answered: float) -> tuple[str, int]:
    """How a message goes out and in how many rows of the outbox; all in seconds from the start."""
    elements = {
        "ToUserName": settings().wechat_account,
        "FromUserName": "o_late",
        "CreateTime": str(int((BEGAN_AT + timedelta(seconds=sent)).timestamp())),
        "MsgType": "text",
        "Content": "你好",
        "MsgId": "1",
    }
    with clock.frozen(BEGAN_AT + timedelta(seconds=received)), unit_of_work() as session:
        message_id = conversation.receive(session, inbound.parse(elements))
    with clock.frozen(BEGAN_AT + timedelta(seconds=answered)):
        turn.take(message_id)
    with reading() as session:
        done = conversation.answered(session, message_id)
        rows = session.scalars(select(OutboxMessage.id)).all()
    assert done is not None
    return done.via, len(rows)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("sent", "received", "answered", "via", "rows"),
    [
        (0, 0.1, 0.3, "passive", 0),
        (0, 0.1, 14.0, "passive", 0),  # The third try takes it along.
        (0, 0.1, 15.2, "customer", 1),  # It came while the third try was given up.
        (0, 10.1, 15.2, "customer", 1),  # Only the third try found us.
        (-3600, 0.1, 2.0, "passive", 0),  # The platform's clock is wrong; so is nobody lost …
        (3600, 0.1, 2.0, "passive", 0),
        (3600, 0.1, 15.2, "customer", 1),
    ],
)
def test_an_answer_goes_the_way_on_which_it_is_heard(
    sent: float, received: float, answered: float, via: str, rows: int
) -> None:
    assert ways_out(sent=sent, received=received, answered=answered) == (via, rows)
