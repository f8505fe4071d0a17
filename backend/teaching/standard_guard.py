"""A published course standard is never changed: the database itself sees to it (T2).

Neither the version nor its units are touched once `status` is `published`, whichever way somebody
comes; what is to change becomes a new version. Breaches come as IntegrityError.
"""

KEPT = "a published standard is never changed"
_THEIR = "SELECT 1 FROM teaching_standard WHERE id IN ({ids}) AND status = 'published'"
_STANDARD, _UNIT = "teaching_standard", "teaching_standard_unit"


def _on_sqlite(name: str, when: str, table: str, condition: str) -> str:
    return (
        f"CREATE TRIGGER {name} BEFORE {when} ON {table} WHEN {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{KEPT}'); END"
    )


GUARD = {
    "postgresql": (
        "CREATE FUNCTION teaching_standard_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{KEPT}' USING ERRCODE = '23000'; END $$",
        f"CREATE TRIGGER {_STANDARD}_kept BEFORE UPDATE OR DELETE ON {_STANDARD} FOR EACH ROW "
        "WHEN (OLD.status = 'published') EXECUTE FUNCTION teaching_standard_refuse()",
        "CREATE FUNCTION teaching_standard_unit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF EXISTS ({_THEIR.format(ids='NEW.standard_id, OLD.standard_id')}) THEN "
        f"RAISE EXCEPTION '{KEPT}' USING ERRCODE = '23000'; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$",
        f"CREATE TRIGGER {_UNIT}_kept BEFORE INSERT OR UPDATE OR DELETE ON {_UNIT} "
        "FOR EACH ROW EXECUTE FUNCTION teaching_standard_unit_refuse()",
    ),
    "sqlite": (
        *(
            _on_sqlite(f"{_STANDARD}_kept_{when}", when, _STANDARD, "OLD.status = 'published'")
            for when in ("update", "delete")
        ),
        *(
            _on_sqlite(f"{_UNIT}_kept_{when}", when, _UNIT, f"EXISTS ({_THEIR.format(ids=ids)})")
            for when, ids in (
                ("insert", "NEW.standard_id"),
                ("update", "NEW.standard_id, OLD.standard_id"),
                ("delete", "OLD.standard_id"),
            )
        ),
    ),
}
FUNCTIONS = ("teaching_standard_refuse", "teaching_standard_unit_refuse")
"""What PostgreSQL keeps when the tables are dropped."""
