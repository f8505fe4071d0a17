"""Everything that points to a student or a guardian, in every room: what a merge moves.

Rooms above are named here by table and not called, because a merge and its undoing have to be one
exact transaction over all of them. A house test holds this list against the metadata, so that a new
foreign key cannot be forgotten.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from backend.students.schemas import Person


@dataclass(frozen=True)
class Reference:
    """A column that points to a file.

    With `twin_of`, a row whose twin (equal in these columns) the kept file has already is not
    moved: it stays with the shell; with `refuses`, there is no merge then. `where` narrows which
    rows can be twins; alone it says that one person has one such row. None stands for NULL.
    """

    table: str
    column: str
    key: str = "id"
    twin_of: tuple[str, ...] = ()
    where: tuple[tuple[str, str | None], ...] = ()
    refuses: bool = False

    @property
    def name(self) -> str:
        """How a merge calls it."""
        return f"{self.table}.{self.column}"


MOVED: Mapping[Person, tuple[Reference, ...]] = {
    Person.STUDENT: (
        Reference("students_guardianship", "student_id", twin_of=("guardian_id",)),
        Reference("students_tagging", "student_id", twin_of=("tag_id",)),
        Reference("security_wechat_identity", "student_id", key="openid"),
        Reference(
            "teaching_enrollment",
            "student_id",
            twin_of=("class_group_id",),
            where=(("status", "active"),),
            refuses=True,
        ),
        Reference("finance_lesson_account", "student_id"),
        Reference("finance_instalment_plan", "student_id"),
        Reference("admissions_sign_up", "student_id"),
        Reference("admissions_placement", "student_id"),
        Reference("students_review", "student_id"),
        Reference("students_look", "student_id"),
        Reference("students_erasure", "student_id", where=(("finished_at", None),), refuses=True),
        Reference("teaching_attendance", "student_id", twin_of=("lesson_id",), refuses=True),
        Reference("teaching_absence", "student_id", twin_of=("lesson_id",), refuses=True),
        Reference("teaching_leave", "student_id", twin_of=("lesson_id",)),
        Reference("teaching_hand_in", "student_id", twin_of=("homework_id",)),
        Reference("teaching_learner_busy", "student_id"),
        Reference("teaching_change_receipt", "student_id", twin_of=("change_id",)),
        Reference("teaching_feed", "student_id"),
        Reference("teaching_score", "student_id", twin_of=("exam_id",)),
    ),
    Person.GUARDIAN: (
        Reference("students_guardianship", "guardian_id", twin_of=("student_id",)),
        Reference("students_tagging", "guardian_id", twin_of=("tag_id",)),
        Reference("security_wechat_identity", "guardian_id", key="openid"),
        Reference("students_consent", "guardian_id"),
        Reference("students_ticket", "guardian_id"),
        Reference("students_review", "guardian_id"),
        Reference("students_invitation", "guardian_id"),
        Reference("admissions_referral", "guardian_id"),
        Reference("students_erasure", "guardian_id", where=(("finished_at", None),), refuses=True),
    ),
}

STAYING = frozenset(
    {
        ("students_student", "merged_into_id"),  # Written by merges themselves.
        ("students_guardian", "merged_into_id"),
        ("students_search_key", "student_id"),  # Follow from the name.
        ("students_search_key", "guardian_id"),
    }
)
"""What points to a file and is not moved."""
