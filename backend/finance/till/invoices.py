"""发票: asked for by the payer, made out on the tax platform, told to the payer; red after refunds.

What is asked for is never more than what was paid and not given back, all invoices of an order
together: every function holds the order's row.
"""

from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from backend.finance import orders, queries, refund_reads
from backend.finance.models import Order, Refund
from backend.finance.refund_words import RefundApproved, RefundStatus
from backend.finance.schemas import OrderStatus
from backend.finance.till import tax
from backend.finance.till.models import Invoice
from backend.finance.till.words import (
    InvoiceDone,
    InvoiceStatus,
    InvoiceUnfit,
    InvoiceView,
    InvoiceWish,
)
from backend.gateways import invoicing
from backend.gateways.invoicing import Bill
from backend.kit import clock, crypto
from backend.kit.config import settings
from backend.kit.errors import NotAllowed, NotFound
from backend.kit.money import yuan
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice, Recipient
from backend.security import service as security
from backend.security.schemas import Role, StaffMember

LINK_PURPOSE = "invoice"
LINK_SECONDS = 366 * 24 * 3600
_STANDING = (InvoiceStatus.ASKED, InvoiceStatus.ISSUED)


def room(session: Session, order: Order) -> int:
    """What may still be invoiced of an order: paid, less given back, less invoiced."""
    if order.status not in (OrderStatus.PAID, OrderStatus.REFUNDED):
        return 0
    back = select(func.coalesce(func.sum(Refund.amount_fen), 0)).where(
        Refund.order_id == order.id,
        Refund.status.in_((RefundStatus.APPROVED, RefundStatus.STUCK, RefundStatus.DONE)),
    )
    asked = select(func.coalesce(func.sum(Invoice.amount_fen - Invoice.red_fen), 0)).where(
        Invoice.order_id == order.id, Invoice.status.in_(_STANDING)
    )
    returned = int(session.scalar(back) or 0)
    return max(0, order.total_fen - returned - int(session.scalar(asked) or 0))


def ask(session: Session, wish: InvoiceWish, *, openid: str, source_key: str) -> InvoiceView:
    """The payer wants an invoice for whatever of an order has none; the same message again is the
    same wish. Raises NotFound for anybody else's order, InvoiceUnfit (title, number, mail, nothing
    left)."""
    order = orders.locked(session, queries.order_for(session, number=wish.number, openid=openid).id)
    known = session.scalar(select(Invoice).where(Invoice.source_key == source_key))
    if known is not None:
        return view_of(session, known)
    why = tax.flaw_of(wish)
    amount_fen = room(session, order)
    if why or not amount_fen:
        raise InvoiceUnfit(why=why or "nothing_left")
    invoice = Invoice(
        order_id=order.id,
        openid=openid,
        campus_id=refund_reads.campus_of(session, order),
        title=wish.title.strip(),
        tax_number=tax.plain(wish.tax_number),
        email=wish.email.strip(),
        amount_fen=amount_fen,
        status=InvoiceStatus.ASKED,
        asked_at=clock.now(),
        url="",
        note="",
        red_fen=0,
        source_key=source_key[:120],
    )
    session.add(invoice)
    session.flush()
    _audit(session, invoice, openid, "invoice.asked", fen=amount_fen)
    _tell_accountants(session, invoice, order, "invoice_asked", str(invoice.id))
    return view_of(session, invoice)


def issued(
    session: Session,
    *,
    invoice_id: int,
    by: StaffMember,
    number: str,
    file_name: str | None = None,
    url: str = "",
) -> InvoiceView:
    """The tax platform has made it out; the payer gets it. Raises NotFound, NotAllowed,
    InvoiceDone, InvoiceUnfit (no number, or one that another invoice has)."""
    invoice, order = _locked(session, invoice_id, by)
    _must_be(invoice, InvoiceStatus.ASKED)
    number = number.strip()
    taken = select(Invoice.id).where(Invoice.number == number)
    if not number or session.scalar(taken) is not None:
        raise InvoiceUnfit(why="number")
    if url and not url.startswith("https://"):
        raise InvoiceUnfit(why="url")
    invoice.status, invoice.number = InvoiceStatus.ISSUED, number[:40]
    invoice.file_name, invoice.url = file_name, url[:500]
    _decide(session, invoice, by, "invoice.issued", number=number[:40])
    _tell_payer(
        session, invoice, "invoice_issued", number=number, order=order.number, url=link(invoice)
    )
    return view_of(session, invoice)


def refuse(session: Session, *, invoice_id: int, by: StaffMember, note: str) -> InvoiceView:
    """It cannot be made out so; the payer hears why. Raises what `issued` raises."""
    invoice, order = _locked(session, invoice_id, by)
    _must_be(invoice, InvoiceStatus.ASKED)
    invoice.status, invoice.note = InvoiceStatus.REFUSED, note.strip()[:200]
    _decide(session, invoice, by, "invoice.refused")
    _tell_payer(session, invoice, "invoice_refused", order=order.number, note=invoice.note)
    return view_of(session, invoice)


def turned_red(session: Session, *, invoice_id: int, by: StaffMember, number: str) -> InvoiceView:
    """The red invoice for what was refunded has been made out. Raises what `issued` raises."""
    invoice, order = _locked(session, invoice_id, by)
    if invoice.status != InvoiceStatus.ISSUED or not invoice.red_fen or invoice.red_number:
        raise InvoiceDone(status=invoice.status)
    if not number.strip():
        raise InvoiceUnfit(why="number")
    invoice.red_number = number.strip()[:40]
    _decide(session, invoice, by, "invoice.turned_red", number=invoice.red_number)
    _tell_payer(
        session, invoice, "invoice_red", order=order.number, number=invoice.red_number,
        amount=yuan(invoice.red_fen),
    )  # fmt: skip
    return view_of(session, invoice)


def note_refunded(session: Session, refunded: RefundApproved) -> None:
    """Listener: invoices never stand for more than what was paid and kept. What is only asked for
    gets smaller or falls away; what is issued is to be turned red, a task of the accountants."""
    order = orders.locked(session, refunded.order_id)
    rows = session.scalars(
        select(Invoice)
        .where(Invoice.order_id == order.id, Invoice.status.in_(_STANDING))
        .order_by(Invoice.status == InvoiceStatus.ISSUED, Invoice.id)  # What is asked for first.
    ).all()
    standing = sum(row.amount_fen - row.red_fen for row in rows)
    over = standing - max(0, order.total_fen - refunded.amount_fen)
    for row in rows:
        cut = min(over, row.amount_fen - row.red_fen)
        if cut <= 0:
            continue
        over -= cut
        if row.status == InvoiceStatus.ISSUED:
            row.red_fen += cut
            row.red_number = None
            session.flush()
            _tell_accountants(
                session, row, order, "invoice_to_redden", f"red:{row.id}:{row.red_fen}"
            )
        elif cut == row.amount_fen:
            row.status, row.note = InvoiceStatus.REFUSED, "订单已退费"
        else:
            row.amount_fen -= cut
        _audit(session, row, "system", "invoice.cut", fen=cut)
    session.flush()


def export(session: Session, *, by: StaffMember) -> bytes:
    """The wishes that wait, as the tax platform imports them; each says when it was first
    exported."""
    rows = session.scalars(_of_campus(by).where(Invoice.status == InvoiceStatus.ASKED)).all()
    numbers = _numbers(session, rows)
    for row in rows:
        row.exported_at = row.exported_at or clock.now()
    security.audit(
        session, actor=f"account:{by.id}", action="invoice.exported", subject="invoices",
        count=len(rows),
    )  # fmt: skip
    return invoicing.desk().export(
        [
            Bill(
                serial=f"FP{row.id:08d}",
                title=row.title,
                tax_number=row.tax_number,
                email=row.email,
                amount_fen=row.amount_fen,
                remark=f"订单{numbers[row.order_id]}",
            )
            for row in rows
        ]
    )


def listed(session: Session, member: StaffMember) -> list[InvoiceView]:
    """Wishes, those that wait for somebody first. Two queries."""
    waits = (Invoice.status == InvoiceStatus.ASKED) | (
        (Invoice.red_fen > 0) & Invoice.red_number.is_(None)
    )
    query = _of_campus(member).order_by(None).order_by(~waits, Invoice.id.desc())
    return _views(session, session.scalars(query).all())


def of_payer(session: Session, openid: str, *, limit: int = 3) -> list[InvoiceView]:
    """Somebody's last wishes."""
    query = select(Invoice).where(Invoice.openid == openid).order_by(Invoice.id.desc())
    return _views(session, session.scalars(query.limit(limit)).all())


def open_orders(session: Session, openid: str) -> list[tuple[str, str, int]]:
    """Somebody's paid orders that may still be invoiced: (number, what, fen)."""
    query = select(Order).where(
        Order.payer_openid == openid,
        Order.status.in_((OrderStatus.PAID, OrderStatus.REFUNDED)),
    )
    rows = session.scalars(query.order_by(Order.id.desc()).limit(5)).all()
    found = [(row.number, row.lines[0].description, room(session, row)) for row in rows]
    return [each for each in found if each[2]]


def file_of(session: Session, token: str) -> tuple[str, str]:
    """(file name, address elsewhere) of an issued invoice by its link. Raises LinkInvalid,
    NotFound."""
    claims = crypto.unsign(LINK_PURPOSE, token, max_age_seconds=LINK_SECONDS)
    invoice = session.get(Invoice, int(claims["invoice"]))
    if invoice is None or invoice.status != InvoiceStatus.ISSUED:
        raise NotFound()
    return invoice.file_name or "", invoice.url


def link(invoice: Invoice) -> str:
    """Where the payer finds an issued invoice; "" where there is only its number."""
    if not invoice.file_name and not invoice.url:
        return ""
    token = crypto.sign(LINK_PURPOSE, {"invoice": invoice.id})
    return f"{settings().public_url.rstrip('/')}/invoice/{token}"


def view_of(session: Session, invoice: Invoice) -> InvoiceView:
    return _views(session, [invoice])[0]


def _views(session: Session, rows: Sequence[Invoice]) -> list[InvoiceView]:
    numbers = _numbers(session, rows)
    return [
        InvoiceView.model_validate(
            {
                **{c.key: getattr(row, c.key) for c in Invoice.__table__.columns},
                "order_number": numbers[row.order_id],
                "link": link(row),
            }
        )
        for row in rows
    ]


def _of_campus(member: StaffMember) -> Select[Invoice]:
    query = select(Invoice).order_by(Invoice.id).limit(200)
    return query if member.campus_id is None else query.where(Invoice.campus_id == member.campus_id)


def _numbers(session: Session, rows: Sequence[Invoice]) -> dict[int, str]:
    ids = {row.order_id for row in rows}
    found = session.execute(select(Order.id, Order.number).where(Order.id.in_(ids)))
    return {int(id_): str(number) for id_, number in found}


def _locked(session: Session, invoice_id: int, by: StaffMember) -> tuple[Invoice, Order]:
    order_id = session.scalar(select(Invoice.order_id).where(Invoice.id == invoice_id))
    if order_id is None:
        raise NotFound()
    order = orders.locked(session, order_id)
    invoice = session.get_one(Invoice, invoice_id, populate_existing=True)
    if by.campus_id not in (None, invoice.campus_id):
        raise NotAllowed()
    return invoice, order


def _must_be(invoice: Invoice, status: InvoiceStatus) -> None:
    if invoice.status != status:
        raise InvoiceDone(status=invoice.status)


def _decide(
    session: Session, invoice: Invoice, by: StaffMember, action: str, **detail: object
) -> None:
    invoice.decided_at, invoice.decided_by = clock.now(), by.id
    session.flush()
    _audit(session, invoice, f"account:{by.id}", action, **detail)


def _audit(session: Session, invoice: Invoice, actor: str, action: str, **detail: object) -> None:
    security.audit(session, actor=actor, action=action, subject=f"invoice:{invoice.id}", **detail)


def _tell_payer(
    session: Session, invoice: Invoice, template: str, *, url: str = "", **values: str
) -> None:
    outbox.post(
        session,
        to=Recipient(openid=invoice.openid),
        notice=Notice(
            template=template,
            values={"amount": yuan(invoice.amount_fen), **values},
            url=url or None,
        ),
        dedupe_key=f"invoice:{invoice.id}:{template}:{invoice.red_fen}",
    )


def _tell_accountants(
    session: Session, invoice: Invoice, order: Order, template: str, key: str
) -> None:
    security.tell(
        session,
        Role.ACCOUNTANT,
        notice=Notice(
            template=template,
            values={
                "order": order.number,
                "amount": yuan(invoice.red_fen or invoice.amount_fen),
                "number": invoice.number or "",
            },
        ),
        dedupe_key=f"invoice:{template}:{key}",
    )
