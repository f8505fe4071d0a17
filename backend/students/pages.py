"""The browser's door of the students room: what we do with people's data."""

from flask import Blueprint, render_template

from backend.students.schemas import PRIVACY_NOTICE_VERSION

blueprint = Blueprint("students_pages", __name__, template_folder="templates")


@blueprint.get("/privacy")
def privacy() -> str:
    """The notice that sign-up asks consent for (PIPL §§17, 30; 儿童个人信息网络保护规定 §8)."""
    return render_template("students/privacy.html", version=PRIVACY_NOTICE_VERSION)
