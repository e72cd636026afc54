"""SQL that users write, as syntax trees: queries, and names of tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provender.errors import ProvenderError, value_text

if TYPE_CHECKING:
    from sqlglot import exp


def parsed_query(text: str, dialect: str, what: str, kind: type[ProvenderError]) -> exp.Query:
    """Return a query.

    Args:
        text: What was written.
        dialect: The dialect that it is in, as sqlglot names it.
        what: What it is, for messages.
        kind: The error to raise.

    Raises:
        ProvenderError: Of that kind: the text is not a query.
    """
    import sqlglot
    from sqlglot import exp

    try:
        parsed = sqlglot.parse_one(text, read=dialect)
    except sqlglot.errors.SqlglotError as error:
        raise kind(f"{what} cannot be read", got=str(error)) from error
    if not isinstance(parsed, exp.Query):
        raise kind(f"{what} is not a query", got=text, allowed="SELECT …")
    return parsed


def parsed_table(name: str, dialect: str, kind: type[ProvenderError]) -> exp.Table:
    """Return a table by its name as people write it: ``table``, ``schema.table``, with quotes.

    Names without quotes are taken to be in lower letters.

    Raises:
        ProvenderError: Of that kind: the text is not such a name.
    """
    import sqlglot
    from sqlglot import exp

    try:
        found = exp.to_table(name, dialect=dialect)
    except sqlglot.errors.SqlglotError as error:
        raise kind(
            "a table has no valid name", got=value_text(name), allowed="schema.table"
        ) from error
    for part in found.parts:
        own = part.args.get("quoted")
        part.replace(exp.to_identifier(part.name if own else part.name.lower(), quoted=True))
    return found
