"""An import-linter contract: modules with certain names belong to the package they lie in.

The stock contract would need a paragraph per room; this one holds for rooms not yet built.
"""

from collections.abc import Iterable
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class PrivateModules(Contract):
    """`container.room.name` may be imported only from inside `container.room`.

    `names` are the private last parts; `allowed` are exceptions such as `backend.app -> pages`.
    """

    container = fields.StringField()
    names = fields.SetField(subfield=fields.StringField())
    allowed = fields.SetField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Look at every direct import of every private module."""
        names = set(cast(Iterable[str], self.names))
        allowed = set(cast(Iterable[str], self.allowed or ()))
        trespasses = []
        for module in sorted(graph.modules):
            room, private = _split(module, str(self.container))
            if private not in names:
                continue
            for importer in sorted(graph.find_modules_that_directly_import(module)):
                is_inside = importer == room or importer.startswith(f"{room}.")
                if not is_inside and f"{importer} -> {private}" not in allowed:
                    trespasses.append(f"{importer} -> {module}")
        return ContractCheck(kept=not trespasses, metadata={"trespasses": trespasses})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name each import that has to go through the room's service, queries or schemas."""
        for trespass in check.metadata["trespasses"]:
            output.print_error(f"- {trespass}")


def _split(module: str, container: str) -> tuple[str, str]:
    """`backend.finance.models.prices` → (`backend.finance`, `models`); empty outside a room."""
    parts = module.removeprefix(f"{container}.").split(".")
    if not module.startswith(f"{container}.") or len(parts) < 2:
        return "", ""
    return f"{container}.{parts[0]}", parts[1]
