"""What Redshift says of a statement that it did not finish, in the project's form."""

from __future__ import annotations

from provender.errors import ProvenderError, SourceError, StoreError


def failed(
    statement: str, state: str, text: str, doing: str, kind: type[ProvenderError] = StoreError
) -> ProvenderError:
    """Return the error for a statement that Redshift did not finish.

    Args:
        statement: Its id.
        state: ``FAILED`` or ``ABORTED``.
        text: Redshift's own words.
        doing: What was being done.
        kind: The error to return, but for a table that is missing: that is a `SourceError`.
    """
    did = "was stopped" if state == "ABORTED" else "failed"
    missing = "does not exist" in text and "relation" in text
    denied = "permission denied" in text.lower()
    fix = "grant the database user SELECT on it" if denied else None
    found = SourceError if missing and kind is StoreError else kind
    return found(f"{doing} {did} in Redshift (statement {statement})", got=text, fix=fix)
