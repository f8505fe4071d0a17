"""The browser's door of contracts: the blank text for all, one's own as PDF."""

from flask import Blueprint, Response, make_response
from flask.typing import ResponseReturnValue

from backend.admissions.contracts import service, terms
from backend.admissions.schemas import SignUpStatus
from backend.kit import clock
from backend.kit.config import settings
from backend.kit.db import reading
from backend.kit.pdf import pdf_of
from backend.security.gate import known_only
from backend.security.schemas import Speaker

blueprint = Blueprint("contracts", __name__)
PDF = "application/pdf"
_VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1">'
STANDING = {
    SignUpStatus.PENDING: "尚未付款，付款后生效",
    SignUpStatus.DONE: "已生效",
    SignUpStatus.STUCK: "已付款，老师正在办理入班",
    SignUpStatus.CLOSED: "未生效（未付款、已取消或已被新合同替代）",
    SignUpStatus.REFUNDED: "已解除（已退费）",
}


@blueprint.get("/contract")
def blank() -> ResponseReturnValue:
    """The text of now with blanks, for whoever is about to agree."""
    text = terms.document(terms.Filled(house=settings().institution_name))
    answer = make_response(_on_a_screen(text))
    answer.headers["Content-Language"] = "zh-CN"
    return answer


@blueprint.get("/contracts/<number>")
@known_only
def one(speaker: Speaker, number: str) -> ResponseReturnValue:
    """A contract as it was agreed to, and below it where it stands and its fingerprint."""
    with reading() as session:
        row, status = service.shown_to(session, speaker, number)
        agreed, document, digest = row.agreed_at, row.document, row.digest
    note = (
        f"<hr><p>状态：{STANDING[status]}<br>同意时间：{clock.local(agreed):%Y-%m-%d %H:%M:%S}<br>"
        f"以上文本的校验值（SHA-256）：{digest}</p>"
    )
    answer = Response(pdf_of(document.replace("</body>", f"{note}</body>")), mimetype=PDF)
    answer.headers["Content-Disposition"] = f'inline; filename="{number}.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _on_a_screen(text: str) -> str:
    """The text as phones and screen readers want it; what was agreed to is never touched."""
    fitted = text.replace("<title>", f"{_VIEWPORT}<title>", 1)
    return fitted.replace("<body>", "<body><main>").replace("</body>", "</main></body>")
