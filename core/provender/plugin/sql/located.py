"""Sources as a session finds them, with the columns that are read under distinct names."""

from __future__ import annotations

from collections.abc import Collection

from provender.errors import NoDataYet, RequestError, SourceError, listed
from provender.names import alike_names
from provender.plugin.contract.plan import SourceRead, TableSpine
from provender.plugin.kit.source_columns import check_columns, wanted_columns
from provender.plugin.sql.session import Located, SqlSession


def located(session: SqlSession, read: SourceRead, dialect: str) -> Located:
    """Return a source that has the columns that are read.

    Raises:
        SourceError: It does not exist, has other columns, or the dialect cannot tell them apart.
    """
    found = _located(session, read)
    check_columns(read, found.schema)
    if _folds_case(dialect):
        _check_source_cases(read, found)
    return found


def _located(session: SqlSession, read: SourceRead) -> Located:
    """Return a source; one to which rows are pushed has none as long as nothing was written."""
    import pyarrow as pa

    wanted = dict(wanted_columns(read))
    try:
        return session.locate(read.source, wanted)
    except NoDataYet:
        if not read.pushed:
            raise
    schema = pa.schema([(name, kind.arrow()) for name, kind in wanted.items()])
    columns = {name: f"__column_{number}" for number, name in enumerate(wanted)}
    rows = pa.Table.from_batches([], schema).rename_columns(list(columns.values()))
    return Located(session.stage(TableSpine(rows)), schema, columns)


def _folds_case(dialect: str) -> bool:
    """Return whether a dialect takes names in quotes for one that differ only in case."""
    from sqlglot.dialects.dialect import Dialect, NormalizationStrategy

    strategy = Dialect.get_or_raise(dialect).normalization_strategy
    return strategy is NormalizationStrategy.CASE_INSENSITIVE


def _check_source_cases(read: SourceRead, found: Located) -> None:
    """Check that the dialect can tell the columns that are read from all others.

    Raises:
        SourceError: It takes some for one another.
    """
    names = {name: found.columns.get(name, name) for name in found.schema.names}
    clashing = set(alike_names(names.values()))
    wanted = {names[name].casefold() for name, _ in wanted_columns(read)}
    mixed = [n for n, column in names.items() if column in clashing and column.casefold() in wanted]
    if mixed:
        raise SourceError(
            f"columns of source {read.source.name!r} ({read.source.location()}) differ only in "
            "the case of letters, which the store cannot distinguish",
            got=listed(mixed),
            fix="rename one of them",
        )


def check_cases(
    names: Collection[str],
    what: str = "columns of the entity rows",
    fix: str = "rename one of them, or hand the rows over as a table",
) -> None:
    """Check that no two columns differ only in the case of letters, which SQL does not see.

    Raises:
        RequestError: Some do.
    """
    if mixed := alike_names(names):
        fact = f"{what} differ only in the case of letters"
        raise RequestError(fact, got=listed(mixed), fix=fix)
