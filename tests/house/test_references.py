"""A merge moves everything that points to a person: nothing is forgotten, nothing is invented."""

import pytest

from backend.students.references import MOVED, STAYING
from backend.students.schemas import Person
from migrations.tables import every_table


@pytest.mark.parametrize("person", Person)
def test_every_foreign_key_to_a_person_is_in_the_table_of_references(person: Person) -> None:
    target = every_table().tables[f"students_{person}"]
    pointing = {
        (table.name, key.parent.name)
        for table in every_table().tables.values()
        for key in table.foreign_keys
        if key.column.table is target
    }
    moved = {(each.table, each.column) for each in MOVED[person]}
    staying = {pair for pair in STAYING if pair in pointing}
    assert pointing - STAYING == moved
    assert moved.isdisjoint(staying)


def test_references_name_columns_that_are_there() -> None:
    tables = every_table().tables
    for each in (*MOVED[Person.STUDENT], *MOVED[Person.GUARDIAN]):
        columns = tables[each.table].columns
        assert [column.name for column in tables[each.table].primary_key] == [each.key]
        for name in (each.column, *each.twin_of, *(name for name, _ in each.where)):
            assert name in columns, each.name
    assert all(column in tables[table].columns for table, column in STAYING)
