"""Reading a function's settings; each package keeps them in one frozen object made once."""

from __future__ import annotations

from collections.abc import Mapping

from lambda_common.errors import ToolFailure


def table_name(environment: Mapping[str, str], table: str) -> str:
    """The physical name of a declared table, from `TABLE_<NAME>`."""
    variable = f"TABLE_{table.upper().replace('-', '_')}"
    name = environment.get(variable, "")
    if not name:
        raise ToolFailure(
            f"environment variable {variable} is not set: give the function the table {table!r}"
        )
    return name
