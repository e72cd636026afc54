"""Functions of PostgreSQL that do what Redshift does otherwise, in every database that is used."""

from __future__ import annotations

from typing import Any

COMPARED = "compared_in_redshift"
"""Returns a value as Redshift compares it: text without its trailing blanks."""

_TEXTS = ("text", "varchar", "bpchar", "name")


def create_functions(connection: Any) -> None:
    """Create the functions.

    Trailing blanks of VARCHAR and CHAR mean nothing where values are compared:
    https://docs.aws.amazon.com/redshift/latest/dg/r_Examples_with_character_types.html
    """
    kind = "LANGUAGE sql IMMUTABLE AS"
    for text in _TEXTS:
        connection.execute(
            f"CREATE OR REPLACE FUNCTION {COMPARED}({text}) RETURNS text {kind} "
            "$$SELECT rtrim($1::text, ' ')$$"
        )
    connection.execute(
        f"CREATE OR REPLACE FUNCTION {COMPARED}(anyelement) RETURNS anyelement {kind} $$SELECT $1$$"
    )
    connection.commit()
