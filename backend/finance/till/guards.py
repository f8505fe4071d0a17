"""What the database itself holds to at the till: a closed shift is never changed or deleted, and
nothing is taken in a shift that is not open. Breaches come as IntegrityError."""

CLOSED = "a closed shift is never changed"
NOT_OPEN = "nothing is taken in a shift that is not open"
_IN_A_CLOSED_ONE = (
    "NEW.shift_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM finance_shift "
    "WHERE id = NEW.shift_id AND status = 'open')"
)


def _on_sqlite(name: str, when: str, table: str, condition: str, message: str) -> str:
    return (
        f"CREATE TRIGGER {name} BEFORE {when} ON {table} WHEN {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )


GUARD = {
    "postgresql": (
        "CREATE FUNCTION finance_shift_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{CLOSED}' USING ERRCODE = '23000'; END $$",
        *(
            f"CREATE TRIGGER finance_shift_{when.lower()} BEFORE {when} ON finance_shift "
            "FOR EACH ROW WHEN (OLD.status = 'closed') EXECUTE FUNCTION finance_shift_refuse()"
            for when in ("UPDATE", "DELETE")
        ),
        "CREATE FUNCTION finance_taking_open() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_IN_A_CLOSED_ONE} THEN RAISE EXCEPTION '{NOT_OPEN}' USING ERRCODE = '23000'; "
        "END IF; RETURN NEW; END $$",
        "CREATE TRIGGER finance_taking_open BEFORE INSERT ON finance_taking "
        "FOR EACH ROW EXECUTE FUNCTION finance_taking_open()",
    ),
    "sqlite": (
        *(
            _on_sqlite(
                f"finance_shift_{when.lower()}", when, "finance_shift", "OLD.status = 'closed'",
                CLOSED,
            )
            for when in ("UPDATE", "DELETE")
        ),
        _on_sqlite(
            "finance_taking_open", "INSERT", "finance_taking", _IN_A_CLOSED_ONE, NOT_OPEN
        ),
    ),
}  # fmt: skip
