"""`SavedDataset`: training rows that are kept, so that they can be read, checked and made again."""

from __future__ import annotations

import warnings
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from provender import training
from provender.arguments import check_whole
from provender.clock import from_us
from provender.datasets.records import Record
from provender.datasets.storage import Storage, place_of
from provender.errors import DatasetChanged, count_text, listed
from provender.offline.result import Result
from provender.offline.retrieval_job import HistoricalRequest, RetrievalJob
from provender.plugin.kit.readers import reading
from provender.project_context import ProjectContext

if TYPE_CHECKING:
    import pyarrow as pa

    from provender.datasets.comparing import Comparison
    from provender.datasets.usefulness import Task, Usefulness


class RebuiltAsNow(UserWarning):
    """A view was rebuilt as it is now: its source has no created timestamp."""


class SavedDataset(Result):
    """Training rows in storage, and how they were made.

    Reading them checks nothing; `verify` does. The rows of a file have the order in which they
    were written; those of a table have none.

    Args:
        project: The project.
        record: What is recorded of the dataset.
    """

    def __init__(self, project: ProjectContext, record: Record) -> None:
        self._project = project
        self._record = record

    def __repr__(self) -> str:
        rows = count_text(self.row_count, "row")
        return f"<SavedDataset {self.name!r} of {self.created_timestamp}: {rows} in {self.storage}>"

    @property
    def name(self) -> str:
        """Its name."""
        return self._record.name

    @property
    def project(self) -> str:
        """The name of its project."""
        return self._project.name

    @property
    def tags(self) -> dict[str, str]:
        """Its labels."""
        return dict(self._record.tags)

    @property
    def created_timestamp(self) -> datetime:
        """When its rows were requested, in UTC."""
        return from_us(self._record.created)

    @property
    def request(self) -> HistoricalRequest:
        """What was requested."""
        return self._record.request

    @property
    def catalog_version(self) -> int:
        """The version of the catalog whose definitions were used."""
        return self.request.catalog_version

    @property
    def entity_columns(self) -> tuple[str, ...]:
        """The columns of the entity rows."""
        return self._record.entity_columns

    @property
    def query(self) -> str | None:
        """The text of the query; None where the offline store does not use SQL."""
        return self._record.query

    @property
    def storage(self) -> Storage:
        """Where the rows are."""
        return self._record.storage

    @property
    def row_count(self) -> int:
        """How many rows were saved."""
        return self._record.rows

    @property
    def digest(self) -> str:
        """The content digest of the rows that were saved; see `provender.datasets.digest`."""
        return self._record.digest

    @property
    def schema(self) -> pa.Schema:
        """The columns that were saved."""
        import pyarrow as pa

        return pa.ipc.read_schema(pa.py_buffer(self._record.columns))

    def verify(self) -> None:
        """Read all rows and compare their number and digest with those that were saved.

        Raises:
            DatasetChanged: They differ.
            SourceError: The rows cannot be read.
        """
        from provender.datasets.digest import content_of

        found = content_of(self._run())
        if (found.rows, found.digest) == (self.row_count, self.digest):
            return
        raise DatasetChanged(
            f"the stored rows of saved dataset {self.name!r} are not those that were saved",
            got=f"{count_text(found.rows, 'row')}, {found.digest}",
            allowed=f"{count_text(self.row_count, 'row')}, {self.digest}",
            fix="restore them, or create the dataset again with allow_overwrite=True",
        )

    def rebuild(self, catalog_version: int | None = None) -> RetrievalJob:
        """Return the request of then, for the entity rows that are stored; nothing is written.

        Rows of sources that were created after the dataset do not exist for it, as with
        ``known_at``. If the request had a `known_at`, that is used. Where the source of a view has
        no created timestamp, the rows of now are taken, with a warning.

        Args:
            catalog_version: The version of the catalog whose definitions are used; by default that
                of then.

        Warns:
            RebuiltAsNow: With the views that are rebuilt as they are now.

        Raises:
            NotFound: The catalog has no such version, or no such view or feature in it.
            SourceError: The stored rows, or those of a source, cannot be read.
        """
        entities = self.to_arrow().select(list(self.entity_columns))
        return self._rebuilt(entities, catalog_version, stacklevel=3)

    def compare(self, *, most: int = 10, catalog_version: int | None = None) -> Comparison:
        """Rebuild the rows, and compare them with those that are stored.

        The stored rows are held in memory; the rebuilt ones are streamed.

        Args:
            most: How many of the values that differ are returned.
            catalog_version: See `rebuild`.

        Warns:
            RebuiltAsNow: With the views that are rebuilt as they are now.

        Raises:
            NotFound: See `rebuild`.
            RequestError: `most` is negative.
            SourceError: See `rebuild`.
        """
        from provender.datasets.comparing import compared

        check_whole("most", most, negative="0 or more")
        stored = self.to_arrow()
        job = self._rebuilt(stored.select(list(self.entity_columns)), catalog_version, stacklevel=3)
        with reading(job.to_reader()) as reader:
            found = compared(stored, reader, job.needed_columns, most)
        return replace(found, rebuilt_as_now=job.views_without_created)

    def usefulness(
        self,
        label: str,
        *,
        task: Task | None = None,
        permutations: int = 30,
        most_rows: int = 10_000,
        seed: int = 0,
    ) -> Usefulness:
        """Rate how useful each feature is for a label, and find what is suspicious.

        Args:
            label: The column that is to be predicted: one of the entity rows, or a feature.
            task: By default texts, booleans, and whole numbers with at most 20 values are
                classified, other numbers and timestamps predicted by regression.
            permutations: How often the labels are shuffled to see what chance gives.
            most_rows: The most rows that are rated; of more rows a sample is taken.
            seed: What the sample, the permutations and the folds are drawn by: the same seed and
                the same rows, in the same order, give the same result.

        Raises:
            MissingExtra: scikit-learn is not installed.
            RequestError: There is no such column, it cannot be a label, or too few rows have one.
            SourceError: The rows cannot be read.
        """
        from provender.datasets.usefulness import usefulness

        return usefulness(
            self, label, task=task, permutations=permutations, most_rows=most_rows, seed=seed
        )

    def _run(self) -> pa.RecordBatchReader:
        return place_of(self.storage, self._project).read(self.schema)

    def _rebuilt(self, entities: pa.Table, version: int | None, *, stacklevel: int) -> RetrievalJob:
        request, history = self.request, self._project.history
        catalog = history.registered(self.catalog_version if version is None else version)
        known = self._record.created if request.known_at is None else request.known_at
        job = training.historical_features(
            self._project,
            entities,
            request.features,
            full_feature_names=request.full_feature_names,
            known_at=known if isinstance(known, str) else from_us(known),
            timestamp_field=request.timestamp_field,
            catalog=catalog,
            where_created=True,
        )
        if job.views_without_created:
            views = listed(job.views_without_created)
            text = f"rebuilt as now, since the sources have no created timestamp: {views}"
            warnings.warn(f"saved dataset {self.name!r}: {text}", RebuiltAsNow, stacklevel)
        return job
