"""Tables of contracts."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, Encrypted, UtcDateTime


class Contract(Base):
    """合同: what was agreed to, to the letter (`document`, HTML), with its SHA-256, the version of
    the text, the moment, and the message by which it was agreed (`source_key`).

    A sign-up that is corrected is agreed to anew; its latest contract is the one that holds.
    """

    __tablename__ = "admissions_contract"
    __table_args__ = (UniqueConstraint("sign_up_id", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    sign_up_id: Mapped[int] = mapped_column(ForeignKey("admissions_sign_up.id"))
    version: Mapped[str] = mapped_column(String(12))
    document: Mapped[str] = mapped_column(Encrypted("admissions_contract.document"))
    digest: Mapped[str] = mapped_column(String(64))
    agreed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    source_key: Mapped[str] = mapped_column(String(120))
