"""whose messages and whose wishes: phones of the outbox found by index, refusals at one address

Revises: cbe4ebc45aba
Created: 2026-11-24 23:05:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

from backend.kit import crypto

revision = "4f6d0c8be219"
down_revision = "cbe4ebc45aba"
branch_labels = None
depends_on = None

MESSAGE = sa.table(
    "outbox_message",
    sa.column("id", sa.Integer),
    sa.column("phone", sa.Text),
    sa.column("phone_index", sa.String),
)


def upgrade() -> None:
    with op.batch_alter_table("outbox_message", schema=None) as batch:
        batch.add_column(sa.Column("phone_index", sa.String(length=64), nullable=True))
    with op.batch_alter_table("outbox_opt_out", schema=None) as batch:
        no = sa.false()
        batch.add_column(sa.Column("only_here", sa.Boolean(), nullable=False, server_default=no))
    here = op.get_bind()
    known = sa.select(MESSAGE.c.id, MESSAGE.c.phone).where(MESSAGE.c.phone.is_not(None))
    for id_, sealed in here.execute(known).all():
        phone = crypto.decrypt(sealed, context="outbox_message.phone")
        index = crypto.blind_index(phone, context="phone")
        here.execute(sa.update(MESSAGE).where(MESSAGE.c.id == id_).values(phone_index=index))


def downgrade() -> None:
    with op.batch_alter_table("outbox_opt_out", schema=None) as batch:
        batch.drop_column("only_here")
    with op.batch_alter_table("outbox_message", schema=None) as batch:
        batch.drop_column("phone_index")
