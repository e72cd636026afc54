"""Functions of PostgreSQL that do what Redshift does otherwise, in every database that is used."""

from __future__ import annotations

from typing import Any

COMPARED = "compared_in_redshift"
"""Returns a value as Redshift compares it: text without its trailing blanks."""

_JSON = {
    "json_parse(text)": "RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$SELECT $1::jsonb$$",
    "json_parse(bytea)": (
        "RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$SELECT convert_from($1, 'UTF8')::jsonb$$"
    ),
    "json_serialize_to_varbyte(jsonb)": (
        "RETURNS bytea LANGUAGE sql IMMUTABLE AS "
        "$$SELECT convert_to(coalesce($1::text, 'null'), 'UTF8')$$"
    ),
    "json_serialize(jsonb)": (
        "RETURNS varchar LANGUAGE plpgsql IMMUTABLE AS $$BEGIN "
        "IF octet_length($1::text) > 65535 THEN "
        "RAISE 'JSON_SERIALIZE: the value exceeds the VARCHAR limit'; END IF; "
        "RETURN coalesce($1::text, 'null'); END$$"
    ),
}
_TEXTS = ("text", "varchar", "bpchar", "name")


def create_functions(connection: Any) -> None:
    """Create the functions.

    JSON_SERIALIZE gives the text null for a null, and fails beyond the longest VARCHAR:
    https://docs.aws.amazon.com/redshift/latest/dg/JSON_SERIALIZE.html
    https://docs.aws.amazon.com/redshift/latest/dg/JSON_SERIALIZE_TO_VARBYTE.html
    https://docs.aws.amazon.com/redshift/latest/dg/JSON_PARSE.html

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
    for name, statement in _JSON.items():
        connection.execute(f"CREATE OR REPLACE FUNCTION {name} {statement}")
    connection.commit()
