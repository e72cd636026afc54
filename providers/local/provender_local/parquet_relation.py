"""Parquet files as the relation after FROM in DuckDB's SQL.

Files that have the same columns are read together, by position: DuckDB takes ``x`` and ``X`` for
one name. It reads local files itself, and those at a URL through pyarrow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from provender.plugin import alike_names
from provender.plugin.parquet import ParquetColumn, ParquetRows, value_type

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.dataset as ds
    from sqlglot import exp

FILE_NUMBER = "file_index"
"""The column in which DuckDB numbers the files that it reads together."""


@dataclass(frozen=True)
class ParquetRelation:
    """Builds the relation of some files.

    Attributes:
        rows: The files and their columns.
        register: Hands a dataset to DuckDB and returns its table.
        sql_type: Returns DuckDB's type for an Arrow type.
        ordered: Whether the rows are to stay in the order of the files.
    """

    rows: ParquetRows
    register: Callable[[ds.Dataset], exp.Table]
    sql_type: Callable[[pa.DataType], exp.DataType]
    ordered: bool

    @cached_property
    def columns(self) -> dict[str, str]:
        """The name in the relation of each column that has another one there."""
        names = [column.name for column in self.rows.columns]
        return unlike(names)

    def relation(self) -> exp.Expr:
        """Return the relation after FROM."""
        groups = self.rows.alike(ordered=self.ordered)
        if self._is_plain(groups):
            return _read_parquet([file.path for file in self.rows.places.files])
        from sqlglot import exp

        parts: list[exp.Query] = [self._part(numbers) for numbers in groups]
        whole = parts[0]
        for part in parts[1:]:
            whole = exp.union(whole, part, distinct=False, copy=False)
        return whole.subquery("files")

    def _is_plain(self, groups: Sequence[Sequence[int]]) -> bool:
        """Whether DuckDB reads the files just as they are."""
        return (
            self._reads_itself
            and len(groups) == 1
            and not self.rows.partitions
            and not self.columns
        )

    @cached_property
    def _reads_itself(self) -> bool:
        """Whether DuckDB reads the files; it would round decimals of more than 38 digits.

        Columns of such decimals are no features, but entity rows keep all their columns.
        """
        kinds = [field.type for schema in self.rows.schemas for field in schema]
        exact = not self.ordered or not any(map(_is_long_decimal, kinds))
        return self.rows.places.filesystem is None and exact

    def _part(self, numbers: Sequence[int]) -> exp.Select:
        """Return the rows of files that have the same columns, with all columns of the relation."""
        from sqlglot import exp

        schema = self.rows.schemas[numbers[0]]
        aliases = {name: f"__stored_{n}" for n, name in enumerate(schema.names)}
        columns = [
            exp.alias_(
                self._value(column, schema, aliases, numbers),
                self.columns.get(column.name, column.name),
                quoted=True,
            )
            for column in self.rows.columns
        ]
        return exp.select(*columns, copy=False).from_(self._files(numbers, aliases), copy=False)

    def _value(
        self,
        column: ParquetColumn,
        schema: pa.Schema,
        aliases: dict[str, str],
        numbers: Sequence[int],
    ) -> exp.Expr:
        from sqlglot import exp

        name = column.name
        if name in aliases:
            value = exp.column(aliases[name], quoted=True)
            same = schema.field(name).type == column.type
            return value if same else exp.cast(value, self.sql_type(carried(column.type)))
        return self._partition(column, numbers)

    def _partition(self, column: ParquetColumn, numbers: Sequence[int]) -> exp.Expr:
        """Return what the folders of the files say; null where a file has no such column."""
        from sqlglot import exp

        kind = value_type(column.type)
        texts = _texts(self.rows.values(column.name, numbers, kind))
        literals = [exp.null() if t is None else exp.Literal.string(t) for t in texts]
        if len(set(texts)) == 1:
            return _typed(literals[0], kind, self.sql_type(kind))
        place = exp.cast(exp.column(self._number, quoted=True), exp.DataType.Type.BIGINT)
        listed = exp.Array(expressions=literals)
        chosen = exp.Anonymous(this="list_extract", expressions=[listed, place + 1])
        return _typed(chosen, kind, self.sql_type(kind))

    @property
    def _number(self) -> str:
        return FILE_NUMBER if self._reads_itself else "__file"

    def _files(self, numbers: Sequence[int], aliases: dict[str, str]) -> exp.Expr:
        from sqlglot import exp

        if self._reads_itself:
            table = _read_parquet([self.rows.places.files[number].path for number in numbers])
            names = list(aliases.values())
        else:
            table = self.register(self._dataset(numbers))
            names = [*aliases.values(), self._number]
        quoted = [exp.to_identifier(name, quoted=True) for name in names]
        table.set(
            "alias", exp.TableAlias(this=exp.to_identifier("file", quoted=True), columns=quoted)
        )
        return table

    def _dataset(self, numbers: Sequence[int]) -> ds.Dataset:
        """Return files at a URL, their columns and a number for each of them."""
        import pyarrow as pa
        import pyarrow.dataset as ds
        from pyarrow import fs

        stored = self.rows.schemas[numbers[0]]
        fields = [pa.field(field.name, carried(field.type)) for field in stored]
        schema = pa.schema([*fields, (self._number, pa.int64())])
        return ds.FileSystemDataset.from_paths(
            [self.rows.places.files[number].path for number in numbers],
            schema=schema,
            format=ds.ParquetFileFormat(),
            filesystem=self.rows.places.filesystem or fs.LocalFileSystem(),
            partitions=[ds.field(self._number) == place for place in range(len(numbers))],
        )


def carried(kind: pa.DataType) -> pa.DataType:
    """Return the type as which a column goes through DuckDB, exactly, when it knows no other."""
    import pyarrow as pa
    import pyarrow.types as at

    if at.is_duration(kind):
        return pa.int64()
    if _is_long_decimal(kind):
        return pa.string()
    return pa.float32() if at.is_float16(kind) else kind


def is_foreign(kind: pa.DataType) -> bool:
    """Whether a type, or one in it, is none of DuckDB's, which would take it for another."""
    import pyarrow.types as at

    inner = (kind.field(place).type for place in range(kind.num_fields))
    return bool(at.is_duration(kind)) or _is_long_decimal(kind) or any(map(is_foreign, inner))


def _is_long_decimal(kind: pa.DataType) -> bool:
    import pyarrow.types as at

    return bool(at.is_decimal256(kind))


def unlike(names: Sequence[str]) -> dict[str, str]:
    """Return another name for each of those that DuckDB cannot tell apart."""
    return {name: f"__column_{number}" for number, name in enumerate(alike_names(names))}


def _texts(values: pa.Array) -> list[str | None]:
    import pyarrow as pa
    import pyarrow.types as at

    if values.null_count == len(values):
        return [None] * len(values)
    if isinstance(values.type, pa.BaseExtensionType):
        return [None if v is None else str(v) for v in values.to_pylist()]
    if at.is_binary(values.type):
        return [None if v is None else v.decode() for v in values.to_pylist()]
    texts: list[str | None] = values.cast(pa.string()).to_pylist()
    return texts


def _typed(text: exp.Expr, kind: pa.DataType, wanted: exp.DataType) -> exp.Expr:
    import pyarrow.types as at
    from sqlglot import exp

    if at.is_binary(kind):
        return exp.Anonymous(this="encode", expressions=[exp.cast(text, "VARCHAR")])
    return exp.cast(text, wanted)


def _read_parquet(files: Sequence[str]) -> exp.Table:
    from sqlglot import exp

    names = exp.Array(expressions=[exp.Literal.string(_escaped(file)) for file in files])
    alone = exp.EQ(this=exp.to_identifier("hive_partitioning"), expression=exp.false())
    return exp.Table(this=exp.Anonymous(this="read_parquet", expressions=[names, alone]))


def _escaped(file: str) -> str:
    """Return a file name in which DuckDB sees no glob."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in file)
