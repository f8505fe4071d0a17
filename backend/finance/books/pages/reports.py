"""The monthly analysis, as a page and as a PDF."""

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from backend.finance.books import monthly
from backend.finance.books.pages.chosen import Chosen, chosen
from backend.kit import clock, pdf
from backend.kit.config import settings
from backend.kit.db import reading
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember

blueprint = Blueprint("reports", __name__)


@blueprint.get("/books/analysis")
@staff_only(Permission.SEE_BOOKS)
def shown(member: StaffMember) -> ResponseReturnValue:
    """Findings and advice first, then the tables and charts they come from."""
    return _drawn(chosen(member), "finance/books/analysis.html")


@blueprint.get("/books/analysis.pdf")
@staff_only(Permission.SEE_BOOKS)
def printed(member: StaffMember) -> Response:
    """The same on paper."""
    choice = chosen(member)
    document = pdf.pdf_of(_drawn(choice, "finance/books/analysis_pdf.html"))
    name = f"analysis-{choice.month:%Y-%m}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"}
    return Response(document, mimetype="application/pdf", headers=headers)


def _drawn(choice: Chosen, template: str) -> str:
    with reading() as session:
        found = monthly.monthly_report(session, month=choice.month, campus_id=choice.campus_id)
    return render_template(
        template,
        chosen=choice,
        found=found,
        site=settings().public_url.rstrip("/"),
        today=clock.today(),
        curve=[
            [f"{each.month:%Y-%m}", *(fen / 100 for fen in (each.revenue_fen, each.profit_fen))]
            for each in found.trends
        ],
        bars=[[each.name, each.fen / 100] for each in found.earned["course"][:12]],
    )
