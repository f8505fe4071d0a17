"""Nobody and nothing is in two lessons at once: the database itself sees to it (T4).

`teaching_booking` has a row for each teacher, assistant, room, class and learner that a planned
lesson keeps busy. Triggers derive it from lessons and attendances, so that every writer is held to
it, whichever way they come. Overlaps (half-open) are refused as an IntegrityError: by an exclusion
constraint on PostgreSQL, by triggers on SQLite, where writers come one at a time. To exchange the
times of several lessons, set their `status` to something else first and to `planned` at the end.
"""

STAFF, ROOM, CLASS, LEARNER = 0, 1, 2, 3
"""What a booking's `resource_id` is the id of."""
CONSTRAINT = "ex_teaching_booking_overlap"

# Numbers are the kinds above; the four states are those that keep a learner busy.
FILL = """
INSERT INTO teaching_booking (lesson_id, kind, resource_id, starts_at, ends_at)
SELECT l.id, r.kind, r.resource_id, l.starts_at, l.ends_at FROM teaching_lesson l JOIN (
    SELECT id AS lesson_id, 0 AS kind, teacher_id AS resource_id FROM teaching_lesson
    UNION SELECT id, 0, assistant_id FROM teaching_lesson
    UNION SELECT id, 1, venue_id FROM teaching_lesson
    UNION SELECT id, 2, class_group_id FROM teaching_lesson
    UNION SELECT lesson_id, 3, student_id FROM teaching_attendance
        WHERE status IN ('expected', 'present', 'late', 'absent')
) r ON r.lesson_id = l.id
WHERE l.status = 'planned' AND r.resource_id IS NOT NULL"""
"""Derives all rows at once, for a database that had lessons before."""
_OF_LESSON = """DELETE FROM teaching_booking WHERE lesson_id = NEW.id;
INSERT INTO teaching_booking (lesson_id, kind, resource_id, starts_at, ends_at)
SELECT NEW.id, r.kind, r.resource_id, NEW.starts_at, NEW.ends_at FROM (
    SELECT 0 AS kind, NEW.teacher_id AS resource_id
    UNION SELECT 0, NEW.assistant_id
    UNION SELECT 1, NEW.venue_id
    UNION SELECT 2, NEW.class_group_id
    UNION SELECT 3, student_id FROM teaching_attendance
        WHERE lesson_id = NEW.id AND status IN ('expected', 'present', 'late', 'absent')
) r WHERE NEW.status = 'planned' AND r.resource_id IS NOT NULL;"""
_WITHOUT_OLD = """DELETE FROM teaching_booking
WHERE lesson_id = OLD.lesson_id AND kind = 3 AND resource_id = OLD.student_id;"""
_WITH_NEW = """INSERT INTO teaching_booking (lesson_id, kind, resource_id, starts_at, ends_at)
SELECT id, 3, NEW.student_id, starts_at, ends_at FROM teaching_lesson
WHERE id = NEW.lesson_id AND status = 'planned'
AND NEW.status IN ('expected', 'present', 'late', 'absent');"""
_TELLING = "starts_at, ends_at, teacher_id, assistant_id, venue_id, class_group_id, status"
# A resource and a moment in one number: half-open ranges of it overlap just when both clash, and no
# extension is needed for the index.
_POINT = (
    "(resource_id::bigint * 4 + kind) * 8589934592 "
    "+ extract(epoch FROM {moment} AT TIME ZONE 'UTC')::bigint"
)
_OVERLAPS = """SELECT 1 FROM teaching_booking b WHERE b.kind = NEW.kind
    AND b.resource_id = NEW.resource_id AND b.lesson_id <> NEW.lesson_id
    AND b.starts_at < NEW.ends_at AND NEW.starts_at < b.ends_at"""


def _function(name: str, body: str) -> str:
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {body} RETURN NULL; END $$"
    )


def _on(when: str, table: str, name: str) -> str:
    return (
        f"CREATE TRIGGER {name}_{when.split()[0].lower()} AFTER {when} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {name}()"
    )


def _sqlite(name: str, when: str, table: str, body: str) -> str:
    return f"CREATE TRIGGER {name} {when} ON {table} BEGIN {body} END"


GUARD = {
    "postgresql": (
        f"ALTER TABLE teaching_booking ADD CONSTRAINT {CONSTRAINT} EXCLUDE USING gist (int8range("
        f"{_POINT.format(moment='starts_at')}, {_POINT.format(moment='ends_at')}) WITH &&)",
        _function("teaching_book_lesson", _OF_LESSON),
        _on("INSERT", "teaching_lesson", "teaching_book_lesson"),
        _on(f"UPDATE OF {_TELLING}", "teaching_lesson", "teaching_book_lesson"),
        _function("teaching_book_learner", _WITH_NEW),
        _function("teaching_unbook_learner", _WITHOUT_OLD),
        _function("teaching_rebook_learner", _WITHOUT_OLD + _WITH_NEW),
        _on("INSERT", "teaching_attendance", "teaching_book_learner"),
        _on("DELETE", "teaching_attendance", "teaching_unbook_learner"),
        _on("UPDATE OF lesson_id, status", "teaching_attendance", "teaching_rebook_learner"),
    ),
    "sqlite": (
        *(
            f"CREATE TRIGGER teaching_no_clash_{when} BEFORE {when} ON teaching_booking "
            f"WHEN EXISTS ({_OVERLAPS}) BEGIN SELECT RAISE(ABORT, '{CONSTRAINT}'); END"
            for when in ("insert", "update")
        ),
        _sqlite("teaching_book_lesson_insert", "AFTER INSERT", "teaching_lesson", _OF_LESSON),
        _sqlite(
            "teaching_book_lesson_update",
            f"AFTER UPDATE OF {_TELLING}",
            "teaching_lesson",
            _OF_LESSON,
        ),
        _sqlite("teaching_book_learner_insert", "AFTER INSERT", "teaching_attendance", _WITH_NEW),
        _sqlite(
            "teaching_unbook_learner_delete", "AFTER DELETE", "teaching_attendance", _WITHOUT_OLD
        ),
        _sqlite(
            "teaching_rebook_learner_update",
            "AFTER UPDATE OF lesson_id, status",
            "teaching_attendance",
            _WITHOUT_OLD + _WITH_NEW,
        ),
    ),
}
TRIGGERS = {
    "teaching_lesson": ("teaching_book_lesson_insert", "teaching_book_lesson_update"),
    "teaching_attendance": (
        "teaching_book_learner_insert",
        "teaching_unbook_learner_delete",
        "teaching_rebook_learner_update",
    ),
}
FUNCTIONS = (
    "teaching_book_lesson",
    "teaching_book_learner",
    "teaching_unbook_learner",
    "teaching_rebook_learner",
)
