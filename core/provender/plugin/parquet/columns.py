"""The columns of Parquet files that are read together: the union of what the files have.

A column has the widest type that holds what every file has, exactly; otherwise the files are
refused. What a file says wins over what its folders say. Names are compared exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from provender.errors import SourceError, listed
from provender.names import repeated
from provender.plugin.kit.parallel import ThreadFanOut
from provender.plugin.parquet.partitions import partition_type, partition_values
from provender.plugin.parquet.places import ParquetFile, ParquetFiles, find_parquet
from provender.plugin.parquet.widest import widest
from provender.types import FeatureType

if TYPE_CHECKING:
    import pyarrow as pa

_AT_A_TIME = 16
"""So many files at a URL are asked for their columns at a time."""


@dataclass(frozen=True, slots=True)
class ParquetColumn:
    """A column of all the files.

    Attributes:
        name: Its name.
        type: Its type; that of `partition_type` where only folders have it.
    """

    name: str
    type: pa.DataType


@dataclass(frozen=True, slots=True)
class ParquetRows:
    """Files that are read together, and their columns.

    Attributes:
        places: Where the files are.
        schemas: The columns of each file.
        columns: Those of all of them: first the files' own, then those of folders.
    """

    places: ParquetFiles
    schemas: tuple[pa.Schema, ...]
    columns: tuple[ParquetColumn, ...]

    @property
    def schema(self) -> pa.Schema:
        """The columns as an Arrow schema."""
        import pyarrow as pa

        return pa.schema([(column.name, column.type) for column in self.columns])

    @property
    def partitions(self) -> tuple[str, ...]:
        """The columns that folders have, sorted."""
        return _partition_names(self.places.files)

    def alike(self, *, ordered: bool) -> list[list[int]]:
        """Return the numbers of the files in groups that have the same columns.

        Args:
            ordered: Whether the files are to stay in their order; otherwise there is one group
                for each schema.
        """
        known: dict[pa.Schema, int] = {}
        shapes = [known.setdefault(schema, len(known)) for schema in self.schemas]
        numbers: Sequence[int] = range(len(shapes))
        numbers = numbers if ordered else sorted(numbers, key=shapes.__getitem__)
        return [list(group) for _, group in groupby(numbers, key=shapes.__getitem__)]

    def values(self, name: str, numbers: Sequence[int], kind: pa.DataType) -> pa.Array:
        """Return what the folders of some files say for a column, as a type; null: nothing.

        Raises:
            SourceError: A folder's value is none of the type.
        """
        texts = [self.places.files[number].partition.get(name) for number in numbers]
        if all(text is None for text in texts):  # of any type, nested ones too
            import pyarrow as pa

            return pa.nulls(len(texts), kind)
        return partition_values(name, texts, kind)


def parquet_rows_at(
    path: str, root: Path, declared: Mapping[str, FeatureType] | None = None
) -> ParquetRows:
    """Return the files that a path or URL stands for, with their columns.

    Args:
        path: See `find_parquet`.
        root: Where a relative path starts.
        declared: The types that columns of folders are read as, by name.

    Raises:
        SourceError: There are none, one cannot be read, or they do not fit together.
    """
    places = find_parquet(path, root)
    schemas = _schemas(places)
    found = _union(places.files, schemas)
    for name in _partition_names(places.files):
        if name not in found:
            texts = [file.partition.get(name) for file in places.files]
            wanted = (declared or {}).get(name)
            found[name] = wanted.arrow() if wanted else partition_type(texts)
    return ParquetRows(places, schemas, tuple(ParquetColumn(*pair) for pair in found.items()))


def _partition_names(files: Sequence[ParquetFile]) -> tuple[str, ...]:
    return tuple(sorted({name for file in files for name in file.partition}))


def _schemas(places: ParquetFiles) -> tuple[pa.Schema, ...]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def schema(file: ParquetFile) -> pa.Schema:
        try:
            found = pq.read_schema(file.path, filesystem=places.filesystem)
        except (pa.ArrowException, OSError) as error:
            raise SourceError(
                "a Parquet file cannot be read",
                got=f"{file.path}: {error}",
                fix="write the file again; it is damaged or not a Parquet file",
            ) from error
        return pa.schema([pa.field(column.name, column.type) for column in found])

    if places.filesystem is None:
        return tuple(map(schema, places.files))
    fan_out = ThreadFanOut(_AT_A_TIME, "parquet-columns")
    try:
        return tuple(fan_out.each(schema, places.files))
    finally:
        fan_out.close()


def _union(files: Sequence[ParquetFile], schemas: Sequence[pa.Schema]) -> dict[str, pa.DataType]:
    """Return the type of each column that a file has, by name.

    Raises:
        SourceError: A file has two columns of one name, or two files have types for a column
            that no type holds.
    """
    found: dict[str, tuple[pa.DataType, ParquetFile]] = {}
    seen: set[pa.Schema] = set()
    for file, schema in zip(files, schemas, strict=True):
        if schema in seen:
            continue
        seen.add(schema)
        _check_names(file, schema.names)
        for column in schema:
            known, home = found.get(column.name, (column.type, file))
            kind = known if known == column.type else widest(known, column.type)
            if kind is None:
                raise _disagreeing(column.name, (home, known), (file, column.type))
            found[column.name] = (kind, home if kind == known else file)
    return {name: kind for name, (kind, _) in found.items()}


def _check_names(file: ParquetFile, names: Sequence[str]) -> None:
    if twice := repeated(names):
        raise SourceError(
            "a Parquet file has two columns of one name", got=f"{listed(twice)} in {file.path}"
        )


def _disagreeing(
    name: str, one: tuple[ParquetFile, pa.DataType], other: tuple[ParquetFile, pa.DataType]
) -> SourceError:
    return SourceError(
        f"two files of a source have types of column {name!r} that no common type holds exactly",
        got="; ".join(f"{kind} in {file.path}" for file, kind in (one, other)),
        fix="write one of the files again with the type of the other",
    )
