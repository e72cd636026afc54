"""DuckDB's errors in the project's form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from provender.errors import ProvenderError, SourceError, StoreError

if TYPE_CHECKING:
    from provender_local.spill import Spill

_SPILL = "free some space, or set offline_store.temp_directory to a larger disk"


@contextmanager
def duckdb_errors(doing: str, spill: Spill | None = None) -> Iterator[None]:
    """Turn what DuckDB raises inside into errors of Provender.

    Args:
        doing: What is being done, for the message.
        spill: Where that spills to, for the message.

    Raises:
        SourceError: A file cannot be read.
        StoreError: Anything else that the database reports.
        KeyboardInterrupt: The query was interrupted.
    """
    import duckdb
    import pyarrow as pa

    try:
        yield
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        raise _typed(doing, error, spill) from error
    except RuntimeError as error:
        # so DuckDB tells of Ctrl-C when it is waiting for a query
        if "interrupted" in str(error).lower():
            raise KeyboardInterrupt from error
        raise


def _typed(doing: str, error: Exception, spill: Spill | None) -> BaseException:
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if "INTERRUPT" in text.upper():
        return KeyboardInterrupt()
    lower = text.lower()
    if "max_temp_directory_size" in str(error):
        return StoreError(
            f"{doing} spills more to disk than is allowed",
            got=f"{text} in {spill.parent}" if spill else text,
            allowed="as much as offline_store.max_spill, else half of what is free on that disk",
            fix="raise offline_store.memory_limit or offline_store.max_spill, or request less",
        )
    if "no space left" in lower or "disk is full" in lower:
        return StoreError(f"the disk is full while {doing}", got=text, fix=_SPILL)
    if "out of memory" in lower:
        fix = "raise offline_store.memory_limit, or give it a temp_directory to spill to"
        return StoreError(f"the memory limit is too small for {doing}", got=text, fix=fix)
    if "parquet" in lower or "no files found" in lower:
        fix = "write the file again; it is damaged or not a Parquet file"
        kind: type[ProvenderError] = SourceError
        return kind(f"a file cannot be read while {doing}", got=text, fix=fix)
    return StoreError(f"DuckDB failed while {doing}", got=text)
