"""The browser's door to the timetable: the week, one lesson's move, drafts, what people and rooms
can do, how they are used (T4, T5)."""

from flask import Blueprint

from backend.teaching.timetable_pages import calendar, keeping, runs, use, week

blueprint = Blueprint(
    "timetable", __name__, static_folder="static", static_url_path="/timetable/static"
)
for each in (week, runs, keeping, use, calendar):
    blueprint.register_blueprint(each.blueprint)
