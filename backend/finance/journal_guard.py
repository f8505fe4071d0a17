"""The books are held by the database itself, whichever way somebody comes to it.

Entries and their lines are never changed or deleted; an entry has the lines it says it has, and
they balance within each campus; nothing is booked into a month that is closed or has no row; a
closed month is opened by two people only.

PostgreSQL looks at the balance when the transaction commits (deferred constraint triggers), and an
entry holds its month (`FOR SHARE`) until then, so that a closing waits for whoever is booking.
SQLite has no deferred triggers: there the lines come first (their foreign key is checked at the
commit) and the entry closes over them; once it is there, no line can be added. That is as strict,
and writers come one at a time anyway. Breaches come as IntegrityError.
"""

KEPT = "the books are never changed"
UNBALANCED = "the entry does not balance"
CLOSED = "the period is closed"
TWO_PEOPLE = "a period is opened again by two people"

_REOPENED = (
    "OLD.closed_at IS NOT NULL AND NEW.closed_at IS NULL AND (NEW.reopen_asked_by IS NULL "
    "OR NEW.reopened_by IS NULL OR NEW.reopen_asked_by = NEW.reopened_by)"
)
_TABLES = ("finance_journal_entry", "finance_journal_line")
_LOPSIDED = (
    "SELECT 1 FROM finance_journal_line WHERE entry_id = {id} "
    "GROUP BY campus_id HAVING sum(debit_fen) <> sum(credit_fen)"
)
_COUNT = "(SELECT count(*) FROM finance_journal_line WHERE entry_id = {id})"


def _function(name: str, body: str) -> str:
    return f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"


def _raise(message: str) -> str:
    return f"RAISE EXCEPTION '{message}' USING ERRCODE = '23000';"


def _on_sqlite(name: str, when: str, table: str, condition: str, message: str) -> str:
    only = f"WHEN {condition} " if condition else ""
    return (
        f"CREATE TRIGGER {name} BEFORE {when} ON {table} {only}"
        f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )


GUARD = {
    "postgresql": (
        _function("finance_books_refuse", f"BEGIN {_raise(KEPT)} END"),
        *(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION finance_books_refuse()"
            for table in _TABLES
        ),
        *(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION finance_books_refuse()"
            for table in _TABLES
        ),
        _function(
            "finance_books_open",
            "BEGIN PERFORM 1 FROM finance_period WHERE month = date_trunc('month', NEW.booked_on)"
            f"::date AND closed_at IS NULL FOR SHARE; IF NOT FOUND THEN {_raise(CLOSED)} END IF; "
            "RETURN NEW; END",
        ),
        "CREATE TRIGGER finance_journal_entry_open BEFORE INSERT ON finance_journal_entry "
        "FOR EACH ROW EXECUTE FUNCTION finance_books_open()",
        _function(
            "finance_books_balanced",
            "DECLARE its bigint; declared int; counted int; is_off boolean; BEGIN "  # noqa: S608 - nothing comes from outside.
            "IF TG_TABLE_NAME = 'finance_journal_entry' THEN its := NEW.id; "
            "ELSE its := NEW.entry_id; END IF; "
            "SELECT line_count INTO declared FROM finance_journal_entry WHERE id = its; "
            # Not grouped by the bare column: its index looks tempting, and reads the whole table.
            "SELECT sum(lines), bool_or(off <> 0) INTO counted, is_off FROM (SELECT count(*) AS "
            "lines, sum(debit_fen - credit_fen) AS off FROM finance_journal_line "
            "WHERE entry_id = its GROUP BY coalesce(campus_id, 0)) parts; "
            "IF declared < 2 OR declared IS DISTINCT FROM counted OR is_off "
            f"THEN {_raise(UNBALANCED)} END IF; RETURN NULL; END",
        ),
        *(
            f"CREATE CONSTRAINT TRIGGER {table}_balanced AFTER INSERT ON {table} "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION finance_books_balanced()"
            for table in _TABLES
        ),
        _function("finance_period_refuse", f"BEGIN {_raise(TWO_PEOPLE)} END"),
        f"CREATE TRIGGER finance_period_reopened BEFORE UPDATE ON finance_period FOR EACH ROW "
        f"WHEN ({_REOPENED} OR OLD.month <> NEW.month) EXECUTE FUNCTION finance_period_refuse()",
        "CREATE TRIGGER finance_period_kept BEFORE DELETE ON finance_period FOR EACH ROW "
        "EXECUTE FUNCTION finance_books_refuse()",
    ),
    "sqlite": (
        *(
            _on_sqlite(f"{table}_{when.lower()}", when, table, "", KEPT)
            for table in _TABLES
            for when in ("UPDATE", "DELETE")
        ),
        _on_sqlite(
            "finance_journal_entry_open",
            "INSERT",
            "finance_journal_entry",
            "NOT EXISTS (SELECT 1 FROM finance_period WHERE closed_at IS NULL "
            "AND month = strftime('%Y-%m-01', NEW.booked_on))",
            CLOSED,
        ),
        _on_sqlite(
            "finance_journal_entry_balanced",
            "INSERT",
            "finance_journal_entry",
            f"NEW.line_count < 2 OR NEW.line_count <> {_COUNT.format(id='NEW.id')} "
            f"OR EXISTS ({_LOPSIDED.format(id='NEW.id')})",
            UNBALANCED,
        ),
        # INSERT OR REPLACE deletes without a word to the triggers of DELETE.
        _on_sqlite(
            "finance_journal_entry_replaced",
            "INSERT",
            "finance_journal_entry",
            "EXISTS (SELECT 1 FROM finance_journal_entry "
            "WHERE id = NEW.id OR source_key = NEW.source_key)",
            KEPT,
        ),
        _on_sqlite(
            "finance_journal_line_added",
            "INSERT",
            "finance_journal_line",
            "EXISTS (SELECT 1 FROM finance_journal_entry WHERE id = NEW.entry_id) "
            "OR EXISTS (SELECT 1 FROM finance_journal_line WHERE id = NEW.id)",
            KEPT,
        ),
        _on_sqlite(
            "finance_period_reopened",
            "UPDATE",
            "finance_period",
            f"{_REOPENED} OR OLD.month <> NEW.month",
            TWO_PEOPLE,
        ),
        _on_sqlite("finance_period_kept", "DELETE", "finance_period", "", KEPT),
        _on_sqlite(
            "finance_period_replaced",
            "INSERT",
            "finance_period",
            "EXISTS (SELECT 1 FROM finance_period WHERE month = NEW.month)",
            KEPT,
        ),
    ),
}
TRIGGERS = {
    "postgresql": (
        *((f"{table}_{what}", table) for table in _TABLES for what in ("kept", "not_emptied")),
        ("finance_journal_entry_open", "finance_journal_entry"),
        *((f"{table}_balanced", table) for table in _TABLES),
        ("finance_period_reopened", "finance_period"),
        ("finance_period_kept", "finance_period"),
    ),
    "sqlite": (
        *((f"{table}_{what}", table) for table in _TABLES for what in ("update", "delete")),
        ("finance_journal_entry_open", "finance_journal_entry"),
        ("finance_journal_entry_balanced", "finance_journal_entry"),
        ("finance_journal_entry_replaced", "finance_journal_entry"),
        ("finance_journal_line_added", "finance_journal_line"),
        ("finance_period_reopened", "finance_period"),
        ("finance_period_kept", "finance_period"),
        ("finance_period_replaced", "finance_period"),
    ),
}
FUNCTIONS = (
    "finance_books_refuse",
    "finance_books_open",
    "finance_books_balanced",
    "finance_period_refuse",
)
