"""Receipts and invoices at a screen: for whoever has the link, and for those who keep them."""

from flask import Blueprint, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from backend.finance.till import invoices, receipts
from backend.finance.till.words import (
    METHODS,
    InvoiceDone,
    InvoiceUnfit,
    ReceiptView,
    ReceiptVoid,
)
from backend.kit import clock, crypto, files, money, workbook
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.kit.pdf import pdf_of
from backend.logistics import queries as logistics
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from backend.web import errors

blueprint = Blueprint("papers", __name__)
MOST_BYTES = 900_000
errors.apologise(ReceiptVoid, "这张收据已经作废", "请返回收据列表查看新开的那一张。")
errors.apologise(
    InvoiceUnfit, "发票信息不对", "请返回核对：号码不能空、不能重复；文件要是PDF，链接以https开头。"
)
errors.apologise(InvoiceDone, "这张发票已经处理过", "状态刚有变化，请返回发票列表查看最新情况。")


@blueprint.get("/receipt/<token>")
def receipt(token: str) -> ResponseReturnValue:
    """A receipt for whoever has its link. Raises LinkInvalid, NotFound."""
    found, place = _receipt(token)
    return render_template("finance/till/receipt.html", token=token, **_shown(found, place))


@blueprint.get("/receipt/<token>/pdf")
def receipt_pdf(token: str) -> ResponseReturnValue:
    """The same on paper. Raises LinkInvalid, NotFound."""
    found, place = _receipt(token)
    page = pdf_of(render_template("finance/till/receipt_pdf.html", **_shown(found, place)))
    answer = make_response(page)
    answer.content_type = "application/pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{found.number}.pdf"'
    return answer


@blueprint.get("/invoice/<token>")
def invoice(token: str) -> ResponseReturnValue:
    """An issued invoice for whoever has its link. Raises LinkInvalid, NotFound."""
    with reading() as session:
        name, url = invoices.file_of(session, token)
    if not name:
        return redirect(url)
    answer = make_response(files.read(name))
    answer.content_type = "application/pdf"
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer.headers["Content-Disposition"] = 'inline; filename="invoice.pdf"'
    return answer


@blueprint.get("/till/receipts")
@staff_only(Permission.KEEP_PAPERS)
def receipts_page(me: StaffMember) -> ResponseReturnValue:
    """The last receipts, void ones among them."""
    said = request.args.get("q", "").strip()[:32]
    with reading() as session:
        found = receipts.listed(session, me, said=said)
    return render_template(
        "finance/till/receipts.html", found=found, said=said, methods=METHODS, yuan=money.yuan,
        local=clock.local, link=receipts.link,
    )  # fmt: skip


@blueprint.post("/till/receipts/<int:receipt_id>/void")
@staff_only(Permission.KEEP_PAPERS)
def void(me: StaffMember, receipt_id: int) -> ResponseReturnValue:
    """Void one and make out another in its place."""
    reason = request.form.get("reason", "").strip() or "开错"
    payer = request.form.get("payer", "").strip()[:80]
    with unit_of_work() as session:
        receipts.void(session, receipt_id=receipt_id, by=me, reason=reason, payer=payer)
    return redirect("/till/receipts", 303)


@blueprint.get("/till/invoices")
@staff_only(Permission.KEEP_PAPERS)
def invoices_page(me: StaffMember) -> ResponseReturnValue:
    """Wishes for invoices, those that wait first."""
    with reading() as session:
        found = invoices.listed(session, me)
    return render_template(
        "finance/till/invoices.html", found=found, yuan=money.yuan, local=clock.local
    )


@blueprint.post("/till/invoices/export")
@staff_only(Permission.KEEP_PAPERS)
def export(me: StaffMember) -> ResponseReturnValue:
    """What waits, as the tax platform imports it."""
    with unit_of_work() as session:
        book = invoices.export(session, by=me)
    answer = make_response(book)
    answer.content_type = workbook.TYPE
    answer.headers["Content-Disposition"] = (
        f'attachment; filename="invoices-{clock.today():%Y%m%d}.xlsx"'
    )
    return answer


@blueprint.post("/till/invoices/<int:invoice_id>/<verb>")
@staff_only(Permission.KEEP_PAPERS)
def decide(me: StaffMember, invoice_id: int, verb: str) -> ResponseReturnValue:
    """Made out, not to be made out, or turned red."""
    form = request.form
    number, note = form.get("number", ""), form.get("note", "").strip()
    if verb == "refuse" and not note:
        raise InvoiceUnfit(why="note")
    name = _kept(invoice_id) if verb == "issued" else None
    with unit_of_work() as session:
        if verb == "issued":
            invoices.issued(
                session, invoice_id=invoice_id, by=me, number=number, file_name=name,
                url=form.get("url", "").strip(),
            )  # fmt: skip
        elif verb == "refuse":
            invoices.refuse(session, invoice_id=invoice_id, by=me, note=note)
        elif verb == "red":
            invoices.turned_red(session, invoice_id=invoice_id, by=me, number=number)
        else:
            raise NotFound()
    return redirect("/till/invoices", 303)


def _receipt(token: str) -> tuple[ReceiptView, str]:
    claims = crypto.unsign(receipts.LINK_PURPOSE, token, max_age_seconds=receipts.LINK_SECONDS)
    with reading() as session:
        found = receipts.one(session, int(claims["receipt"]))
        ids = {found.campus_id} if found.campus_id is not None else set()
        names, _ = logistics.names(session, campus_ids=ids, venue_ids=set())
    return found, names.get(found.campus_id or 0, "")


def _shown(found: ReceiptView, place: str) -> dict[str, object]:
    return {
        "receipt": found,
        "place": place,
        "capitals": money.capitals(found.amount_fen),
        "decimal": money.decimal_yuan(found.amount_fen),
        "method": METHODS.get(found.method, "其他"),
        "received": clock.local(found.received_at),
        "issued": clock.local(found.issued_at),
    }


def _kept(invoice_id: int) -> str | None:
    """The PDF of the form, kept; None without one. Raises InvoiceUnfit for anything else."""
    given = request.files.get("file")
    content = given.read() if given else b""
    if not content:
        return None
    if not content.startswith(b"%PDF-") or len(content) > MOST_BYTES:
        raise InvoiceUnfit(why="file")
    return files.keep(content, owner=f"invoice:{invoice_id}")
