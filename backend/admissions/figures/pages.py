"""招生数据 at a screen: the figures, the leads behind each, channel costs, thresholds, an export,
and the pictures that the chat shows."""

from datetime import date
from decimal import InvalidOperation
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from backend.admissions import lead_list
from backend.admissions import words as lead_words
from backend.admissions.figures import (
    advising,
    costs,
    counting,
    exporting,
    naming,
    periods,
    telling,
    words,
)
from backend.admissions.figures.counting import View
from backend.admissions.figures.schemas import Dimension, Period
from backend.kit import clock, money, workbook
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import DomainError
from backend.logistics import queries as places
from backend.security import queries as people
from backend.security.gate import staff_only
from backend.security.permissions import may, scope_of
from backend.security.schemas import Permission, Role, Scope, StaffMember
from backend.web import errors

blueprint = Blueprint(
    "figures", __name__, static_folder="static", static_url_path="/figures/static"
)
PATH = "/figures"
MOST_FEN = 10**10
NOWHERE = -1
CHOSEN = ("step", *(each.value for each in Dimension))


class FormWrong(DomainError):
    """A form came back with something that its fields do not offer."""


errors.apologise(FormWrong, "表单没有填对", "请返回上一页，核对渠道、月份和金额后再提交。")


@blueprint.get(PATH)
@staff_only(Permission.SEE_FIGURES)
def shown(me: StaffMember) -> ResponseReturnValue:
    """All figures of a period, each with what it means and the way to its rows."""
    period = _period()
    telling.refresh()
    with reading() as session:
        view = _view(session, me)
        found = counting.figures(session, view, period)
        before = counting.figures(session, view, periods.before(period)).sums
        limits = advising.thresholds(session)
        campuses = places.campuses(session) if view.scope is Scope.ALL else []
        advisors = people.staff_with_roles(session, {Role.ADVISOR})
    if view.scope is Scope.CAMPUS:
        advisors = [each for each in advisors if each.campus_id == me.campus_id]
    return render_template(
        "admissions/figures.html",
        found=found,
        before=before,
        advice=advising.advice(found, limits),
        view=view,
        words=words,
        names=periods.NAMES,
        query=_query(period),
        campuses=campuses,
        advisors=[] if view.scope is Scope.OWN else advisors,
        dimensions=Dimension,
        yuan=money.yuan,
        keeps=may(me.role, Permission.KEEP_FIGURES),
    )


@blueprint.get(f"{PATH}/rows")
@staff_only(Permission.SEE_FIGURES)
def rows(me: StaffMember) -> ResponseReturnValue:
    """The leads behind a number."""
    period, after = _period(), request.args.get("after", 0, type=int)
    chosen = {name: request.args[name] for name in CHOSEN if request.args.get(name)}
    telling.refresh()
    with reading() as session:
        total, found = counting.rows(session, _view(session, me), period, chosen, after=after)
        seen = lead_list.titles(session, me, [row.lead_id for row in found])
        members = people.staff_members(session, {row.advisor_id for row in found})
        channels = naming.channels(session)
        session.expunge_all()
    more = ""
    if len(found) == counting.PAGE:
        more = urlencode({**_query(period), **chosen, "after": found[-1].lead_id})
    return render_template(
        "admissions/figure_rows.html",
        total=total,
        found=found,
        seen=seen,
        members=members,
        channels=channels,
        more=more,
        period=period,
        chosen=chosen,
        words=words,
        lead_words=lead_words,
        query=_query(period),
    )


@blueprint.get(f"{PATH}/talks")
@staff_only(Permission.SEE_FIGURES)
def talks(me: StaffMember) -> ResponseReturnValue:
    """The talks behind a number of how long customers wait."""
    period, after = _period(), request.args.get("after", 0, type=int)
    chosen = {name: request.args[name] for name in CHOSEN if request.args.get(name)}
    telling.refresh()
    with reading() as session:
        total, found = counting.talk_rows(session, _view(session, me), period, chosen, after=after)
        seen = lead_list.titles(session, me, [row.lead_id for row in found])
        members = people.staff_members(session, {row.advisor_id for row in found})
        channels = naming.channels(session)
        session.expunge_all()
    more = ""
    if len(found) == counting.PAGE:
        more = urlencode({**_query(period), **chosen, "after": found[-1].talk_id})
    return render_template(
        "admissions/figure_talks.html",
        total=total,
        found=found,
        seen=seen,
        members=members,
        channels=channels,
        more=more,
        period=period,
        chosen=chosen,
        words=words,
        lead_words=lead_words,
        query=_query(period),
    )


@blueprint.get(f"{PATH}/export")
@staff_only(Permission.SEE_FIGURES)
def export(me: StaffMember) -> ResponseReturnValue:
    """The same figures as a workbook, with their definitions."""
    period = _period()
    telling.refresh()
    with reading() as session:
        found = counting.figures(session, _view(session, me), period)
    at = f"{clock.local(clock.now()):%Y-%m-%d %H:%M}"
    above = f"导出人：{me.name}　导出时间：{at}　仅限内部使用，请勿外传"
    lines = exporting.lines_of(found)
    answer = make_response(workbook.written(lines, title="招生数据", above=above))
    answer.content_type = workbook.TYPE
    name = quote(f"招生数据{period.from_on:%Y%m%d}")
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}.xlsx"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get(f"{PATH}/costs")
@staff_only(Permission.KEEP_FIGURES)
def ask_costs(me: StaffMember) -> ResponseReturnValue:
    """What the channels cost in a month, and from where on advice is given."""
    month = _month(request.args.get("month", ""))
    campus_id = _campus_of(me, request.args.get("campus", 0, type=int))
    with reading() as session:
        channels = naming.channels(session)
        kept = costs.of_month(session, month, campus_id=campus_id)
        limits = advising.thresholds(session)
        campuses = places.campuses(session)
    for each in kept:
        channels.setdefault(each, lead_words.source_name(each))
    is_whole = scope_of(me.role, Permission.KEEP_FIGURES) is Scope.ALL
    return render_template(
        "admissions/figure_costs.html",
        month=month,
        campus_id=campus_id,
        campuses=campuses if is_whole else [],
        channels=channels,
        kept={channel: money.decimal_yuan(fen) for channel, fen in kept.items()},
        limits=limits if is_whole else {},
        words=words,
    )


@blueprint.post(f"{PATH}/costs")
@staff_only(Permission.KEEP_FIGURES)
def set_costs(me: StaffMember) -> ResponseReturnValue:
    """Write the costs of a month down; an empty field is 0."""
    month = _month(request.form.get("month", ""))
    campus_id = _campus_of(me, request.form.get("campus", 0, type=int))
    with unit_of_work() as session:
        known = {each.id for each in places.campuses(session)}
        if campus_id not in {costs.HOUSE, *known}:
            raise FormWrong()
        kept = costs.of_month(session, month, campus_id=campus_id)
        for channel in naming.channels(session):
            fen = _fen(request.form.get(f"cost:{channel}", ""))
            if fen != kept.get(channel, 0):
                costs.set_cost(
                    session,
                    channel=channel,
                    month=month,
                    campus_id=campus_id,
                    amount_fen=fen,
                    by_id=me.id,
                )
    return redirect(f"{PATH}/costs?month={month:%Y-%m}&campus={campus_id}", 303)


@blueprint.post(f"{PATH}/thresholds")
@staff_only(Permission.KEEP_FIGURES)
def set_thresholds(me: StaffMember) -> ResponseReturnValue:
    """From where on advice is given; for the whole house."""
    if scope_of(me.role, Permission.KEEP_FIGURES) is not Scope.ALL:
        raise FormWrong()  # The page offers it to nobody else.
    with unit_of_work() as session:
        now = advising.thresholds(session)
        for name in words.THRESHOLDS:
            value = request.form.get(name, -1, type=int)
            if not 0 <= value <= 100_000:
                raise FormWrong()
            if value != now[name]:
                advising.set_threshold(session, name=name, value=value, by_id=me.id)
    return redirect(f"{PATH}/costs", 303)


@blueprint.get(f"{PATH}/picture/<token>")
def picture(token: str) -> ResponseReturnValue:
    """The chart that the chat shows: WeChat fetches it by the signed link, for a day."""
    answer = Response(telling.picture(token), mimetype="image/png")
    answer.headers["Cache-Control"] = "private, max-age=300"
    return answer


def _view(session: Session, me: StaffMember) -> View:
    return View(
        session,
        me,
        campus_id=request.args.get("of_campus", 0, type=int),
        advisor_id=request.args.get("of_advisor", 0, type=int),
    )


def _period() -> Period:
    args = request.args
    return periods.asked(args.get("period", ""), args.get("from", ""), args.get("to", ""))


def _query(period: Period) -> dict[str, str]:
    """What every link of a page goes on with: the days, and whose leads."""
    kept = {n: request.args[n] for n in ("of_campus", "of_advisor") if request.args.get(n)}
    return {**periods.query_of(period), **kept}


def _month(text: str) -> date:
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        month = clock.today().replace(day=1)
    return month if 2000 <= month.year <= 2100 else clock.today().replace(day=1)


def _campus_of(me: StaffMember, asked: int) -> int:
    """Whose costs are kept: a campus manager's are those of the campus, if they have one."""
    is_whole = scope_of(me.role, Permission.KEEP_FIGURES) is Scope.ALL
    return asked if is_whole else me.campus_id or NOWHERE


def _fen(text: str) -> int:
    try:
        fen = money.fen(text.strip() or "0")
    except InvalidOperation as error:
        raise FormWrong() from error
    if not 0 <= fen <= MOST_FEN:
        raise FormWrong()
    return fen
