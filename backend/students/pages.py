"""The browser's door of the students room: what we do with people's data, and what they sent."""

from flask import Blueprint, Response, make_response, render_template
from flask.typing import ResponseReturnValue

from backend.kit import files
from backend.kit.db import reading
from backend.security.gate import known_only
from backend.security.schemas import Speaker
from backend.students import attachments, ticket_pages
from backend.students.schemas import PRIVACY_NOTICE_VERSION

blueprint = Blueprint("students_pages", __name__, template_folder="templates")
blueprint.register_blueprint(ticket_pages.blueprint)


@blueprint.get("/privacy")
def privacy() -> str:
    """The notice that sign-up asks consent for (PIPL §§17, 30; 儿童个人信息网络保护规定 §8)."""
    return render_template("students/privacy.html", version=PRIVACY_NOTICE_VERSION)


@blueprint.get("/tickets/<number>/files")
@known_only
def ticket_files(reader: Speaker, number: str) -> ResponseReturnValue:
    """What belongs to a ticket, for its author and whoever answers it."""
    with reading() as session:
        found = attachments.readable_of_ticket(session, number, reader=reader)
    return render_template("students/files.html", number=number, found=found)


@blueprint.get("/attachments/<int:attachment_id>")
@known_only
def attachment(reader: Speaker, attachment_id: int) -> Response:
    """One attachment's bytes. They are somebody's upload, so nothing in them may run."""
    with reading() as session:
        name, content_type = attachments.readable(session, attachment_id, reader=reader)
    answer = make_response(files.read(name))
    answer.content_type = content_type
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    shown = content_type.startswith(("image/", "audio/", "video/"))
    answer.headers["Content-Disposition"] = "inline" if shown else "attachment"
    return answer
