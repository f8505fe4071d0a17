"""Who teaches a class: its own teacher as long as it meets, and whoever gives a lesson of it within
two weeks."""

from datetime import timedelta

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.errors import NotAllowed, NotFound
from backend.security.permissions import may, scope_of
from backend.security.schemas import Permission, Scope, StaffMember
from backend.teaching.models import ClassGroup, Lesson

AROUND = timedelta(days=14)
MEETS_WITHIN = timedelta(days=60)


def classes_of(session: Session, account_id: int) -> dict[int, str]:
    """The classes that somebody teaches now, by id, with their names."""
    now = clock.now()
    given = select(Lesson.class_group_id).where(
        or_(Lesson.teacher_id == account_id, Lesson.assistant_id == account_id),
        Lesson.status == "planned",
        Lesson.starts_at > now - AROUND,
        Lesson.starts_at < now + AROUND,
    )
    meets = exists().where(
        Lesson.class_group_id == ClassGroup.id,
        Lesson.status == "planned",
        Lesson.starts_at > now - MEETS_WITHIN,
        Lesson.starts_at < now + MEETS_WITHIN,
    )
    own = and_(ClassGroup.teacher_id == account_id, meets)
    query = select(ClassGroup.id, ClassGroup.name).where(or_(own, ClassGroup.id.in_(given)))
    return dict(session.execute(query.order_by(ClassGroup.id)).all())


def just_taught(session: Session, account_id: int, *, within: timedelta) -> list[int]:
    """The classes of the lessons that somebody has begun so lately, the latest first."""
    now = clock.now()
    query = (
        select(Lesson.class_group_id)
        .where(
            or_(Lesson.teacher_id == account_id, Lesson.assistant_id == account_id),
            Lesson.status == "planned",
            Lesson.starts_at <= now,
            Lesson.starts_at > now - within,
        )
        .order_by(Lesson.starts_at.desc())
    )
    return list(dict.fromkeys(session.scalars(query)))


def must_teach(session: Session, member: StaffMember, class_group_id: int) -> ClassGroup:
    """The class, for whoever teaches it. Raises NotFound, NotAllowed."""
    group = session.get(ClassGroup, class_group_id)
    if group is None:
        raise NotFound()
    takes_part = may(member.role, Permission.TAKE_ATTENDANCE)
    if not takes_part or class_group_id not in classes_of(session, member.id):
        raise NotAllowed()
    return group


def may_see(session: Session, member: StaffMember, class_group_id: int, campus_id: int) -> bool:
    """Whether somebody may look at the homework of a class: who teaches it, and whoever sees the
    lessons of its campus or all."""
    scope = scope_of(member.role, Permission.SEE_LESSONS)
    if scope is Scope.ALL or (scope is Scope.CAMPUS and member.campus_id == campus_id):
        return True
    return scope is not None and class_group_id in classes_of(session, member.id)
