"""Tables of the chat window. What was said is personal, hence ciphertext at rest."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, Encrypted, UtcDateTime


class Visitor(Base):
    """Somebody who has written from our website; a mere look at a page makes no row.

    `lines` is the number of their last line: whoever adds one holds this row until the unit ends,
    so that no later number is ever seen before an earlier one. `seen_at` is when a window of theirs
    was last open (to half a minute), `typing_until` until when an answer may be on its way,
    `last_at` and `last_is_own` what the last line was.
    `source` is the code of a channel or campaign, `came_from` the page they wrote from. `ticket` is
    what the QR code holds that takes their talk to WeChat: it names them and signs nobody in.
    """

    __tablename__ = "webchat_visitor"

    openid: Mapped[str] = mapped_column(String(64), primary_key=True)
    lines: Mapped[int] = mapped_column(default=0)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    typing_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_is_own: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str | None] = mapped_column(String(40))
    came_from: Mapped[str | None] = mapped_column(String(300))
    ticket: Mapped[str | None] = mapped_column(String(24), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Line(Base):
    """One line of a window, the visitor's own or ours, as the body of a customer message. The same
    `key` is shown once."""

    __tablename__ = "webchat_line"
    __table_args__ = (UniqueConstraint("openid", "key"),)

    openid: Mapped[str] = mapped_column(ForeignKey("webchat_visitor.openid"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(190))
    is_own: Mapped[bool]
    body: Mapped[str] = mapped_column(Encrypted("webchat_line.body"))
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
