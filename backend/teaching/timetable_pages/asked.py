"""What forms and addresses of these pages ask for, read strictly."""

from datetime import date, datetime, timedelta

from flask import request

from backend.kit import clock
from backend.kit.errors import DomainError
from backend.security.permissions import scope_of
from backend.security.schemas import Permission, Scope, StaffMember
from backend.web import errors


class FormWrong(DomainError):
    """A form came back with something that its fields do not offer."""


errors.apologise(FormWrong, "表单没有填对", "请返回上一页，核对日期、时间和数字后再提交。")


def campus_of(member: StaffMember) -> int | None:
    """The only campus whose timetable somebody keeps; None for all."""
    if scope_of(member.role, Permission.KEEP_TIMETABLE) is Scope.ALL:
        return None
    return member.campus_id or 0


def number(name: str) -> int | None:
    """A number of the address, None when it is left out or makes no sense."""
    typed = request.args.get(name, "")
    return int(typed) if typed.isdecimal() and len(typed) < 10 else None


def monday() -> date:
    """The Monday of `from`, this week's otherwise."""
    today = clock.today()
    try:
        on = date.fromisoformat(request.args.get("from", ""))
    except ValueError:
        on = today
    if abs(on.year - today.year) > 5:
        on = today
    return on - timedelta(days=on.weekday())


def day(name: str) -> date:
    """A day of the form. Raises FormWrong."""
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError as error:
        raise FormWrong() from error


def moment(text: str) -> datetime:
    """`2026-11-27T18:30`, as a clock in Shanghai shows it. Raises FormWrong."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise FormWrong() from error
    if at.tzinfo is not None or abs(at.year - clock.today().year) > 5:
        raise FormWrong()
    return clock.at_local(at.date(), at.hour, at.minute)


def minute(name: str) -> int | None:
    """A time of the day in minutes, None when the field is empty. Raises FormWrong."""
    typed = request.form.get(name, "").strip()
    if not typed:
        return None
    try:
        at = datetime.strptime(typed[:5], "%H:%M")  # noqa: DTZ007 - only its clock is read.
    except ValueError as error:
        raise FormWrong() from error
    return at.hour * 60 + at.minute


def words(name: str, *, most: int = 12) -> list[str]:
    """A list typed with commas: `钢琴，白板`."""
    typed = request.form.get(name, "").replace("，", ",").replace("、", ",")
    return sorted({part.strip()[:20] for part in typed.split(",") if part.strip()})[:most]
