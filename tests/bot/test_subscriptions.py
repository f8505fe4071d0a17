"""Consents to notices arrive as events and end in the sender's ledger (C4, wechat.md §2)."""

import pytest
from sqlalchemy import select

from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.outbox.models import NoticeConsent
from bot import conversation, inbound, turn

XML = (
    "<xml><ToUserName>gh_1</ToUserName><FromUserName>o_1</FromUserName>"
    "<CreateTime>{at}</CreateTime><MsgType>event</MsgType>"
    "<Event>subscribe_msg_popup_event</Event><SubscribeMsgPopupEvent>{items}"
    "</SubscribeMsgPopupEvent></xml>"
)
ITEM = (
    "<List><TemplateId>{id}</TemplateId><SubscribeStatusString>{said}</SubscribeStatusString>"
    "<PopupScene>2</PopupScene></List>"
)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "said", [{"t1": "accept"}, {"t1": "accept", "t2": "reject", "t3": "accept"}]
)
def test_each_yes_in_the_popup_is_good_for_one_notice(said: dict[str, str]) -> None:
    items = "".join(ITEM.format(id=id_, said=answer) for id_, answer in said.items())
    xml = XML.format(at=int(clock.now().timestamp()), items=items)
    incoming = inbound.parse(inbound.elements(xml.encode()))
    for _delivery in range(2):
        with unit_of_work() as session:
            message_id = conversation.receive(session, incoming)
        turn.take(message_id)
    with reading() as session:
        held = session.scalars(select(NoticeConsent)).all()
        agreed = {row.template_id: row.remaining for row in held if row.remaining}
        done = conversation.answered(session, message_id)
    assert done is not None
    assert not done.reply.bubbles
    assert agreed == {id_: 1 for id_, answer in said.items() if answer == "accept"}
