"""Creating, finding and deleting saved datasets; see `FeatureStore`.

A dataset has rows and a record. The rows are prepared first; then the registry gets a mark under
the name, which only one process can write; then the rows are put at their place, and the record
replaces the mark. A process that dies in between leaves rows without a record, never the opposite.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from provender.arguments import check_flags, check_text
from provender.clock import to_us
from provender.datasets.dataset import SavedDataset
from provender.datasets.records import Found, Record, Records
from provender.datasets.storage import (
    Place,
    SavedDatasetStorage,
    Storage,
    Unpublished,
    check_not_a_source,
    place_of,
    resolved,
    to_storage,
)
from provender.definitions import FeatureService
from provender.definitions.problems import as_mapping, check_name
from provender.errors import Conflict, ProvenderError, RequestError
from provender.offline.retrieval_job import HistoricalRequest, RetrievalJob
from provender.project_context import ProjectContext
from provender.tags import tagged


def create(
    project: ProjectContext,
    job: RetrievalJob,
    name: str,
    storage: SavedDatasetStorage,
    *,
    tags: Mapping[str, str] | None,
    feature_service: FeatureService | str | None,
    allow_overwrite: bool,
) -> SavedDataset:
    """Run a job, store its rows, and record how they were made.

    Raises:
        RequestError: The name, the tags or the storage are not valid, the job is not one of
            `get_historical_features`, or something has the name or is at the place already and is
            not to be replaced.
        SourceError: The rows cannot be read.
        StoreError: They cannot be stored.
        Conflict: Somebody else creates a dataset of that name at the moment.
    """
    check_flags(allow_overwrite=allow_overwrite)
    project.check_writable()
    request, labels = _checked(job, name, tags, feature_service)
    records, where = _records(project), to_storage(storage, project)
    found = _free(project, records, name, where, allow_overwrite=allow_overwrite)
    check_not_a_source(where, project)
    place = place_of(where, project)
    draft = Record(
        name=name,
        created=to_us(project.clock()),
        request=request,
        entity_columns=job.entity_columns,
        query=_query(job),
        storage=where,
        rows=0,
        digest="",
        columns=b"",
        tags=labels,
    )
    with place.prepared(job, replace=allow_overwrite) as rows:
        mark = _put(records, name, found, rows)
        return SavedDataset(project, _recorded(records, draft, mark, rows, place))


def get(project: ProjectContext, name: str) -> SavedDataset:
    """Return a saved dataset.

    Raises:
        NotFound: There is none of that name.
    """
    return SavedDataset(project, _records(project).get(name))


def all_of(project: ProjectContext, tags: Mapping[str, str] | None) -> list[SavedDataset]:
    """Return the saved datasets that have all of some tags, by name.

    Raises:
        RequestError: The tags are not a mapping of text to text.
    """
    return [SavedDataset(project, one) for one in tagged(_records(project).all(), tags)]


def delete(project: ProjectContext, name: str, *, rows: bool) -> None:
    """Remove the record of a dataset, and its rows when that is wanted.

    Raises:
        NotFound: There is none of that name.
        StoreError: The rows cannot be removed; the record is gone.
    """
    check_flags(rows=rows)
    project.check_writable()
    records = _records(project)
    record = records.get(name)
    place = place_of(record.storage, project) if rows else None
    records.delete(name, records.find(name).version)
    if place is not None:
        place.remove()


def _records(project: ProjectContext) -> Records:
    return Records(project.name, project.stores.registry)


def _checked(
    job: RetrievalJob,
    name: str,
    tags: Mapping[str, str] | None,
    service: FeatureService | str | None,
) -> tuple[HistoricalRequest, dict[str, str]]:
    """Return what the job was made of, and the tags, when all of it is valid."""
    labels, problems = as_mapping(f"saved dataset {name!r}", tags, "", "tags")
    problems += check_name("a saved dataset", name, "")
    if problems:
        raise RequestError.of(problems)
    request = job.request if isinstance(job, RetrievalJob) else None
    if request is None:
        raise RequestError(
            "the rows of a saved dataset come from a retrieval job",
            got=type(job).__name__,
            allowed="what get_historical_features returns",
        )
    wanted = service.name if isinstance(service, FeatureService) else service
    check_text("feature_service", wanted)
    if wanted not in (None, request.features):
        raise RequestError(
            f"the rows were not requested of feature service {wanted!r}",
            got=str(request.features),
            fix="pass the service to get_historical_features, or leave feature_service= out",
        )
    return request, labels


def _free(
    project: ProjectContext, records: Records, name: str, where: Storage, *, allow_overwrite: bool
) -> Found:
    """Return what is under a name, when a dataset can be created.

    Raises:
        RequestError: There is one and it is not to be replaced, or another has its rows there.
    """
    found = records.find(name)
    if found.record is not None and not allow_overwrite:
        raise RequestError(
            f"there is a saved dataset {name!r} already",
            got=repr(name),
            fix="choose another name, or pass allow_overwrite=True",
        )
    for other in records.all():
        if other.name != name and resolved(other.storage, project) == resolved(where, project):
            raise RequestError(
                f"saved dataset {other.name!r} has its rows at this place",
                got=str(where),
                fix="choose another place, or delete that dataset first",
            )
    return found


def _put(records: Records, name: str, found: Found, rows: Unpublished) -> int:
    """Put rows at their place, and return the version of the mark; what fails undoes it."""
    mark = records.claim(name, found)
    try:
        rows.put()
    except BaseException:
        _unmark(records, name, found, mark)
        raise
    return mark


def _unmark(records: Records, name: str, found: Found, mark: int) -> None:
    with suppress(ProvenderError):
        if found.record is None:
            records.delete(name, mark)
        else:
            records.write(found.record, mark)


def _recorded(
    records: Records, draft: Record, mark: int, rows: Unpublished, place: Place
) -> Record:
    """Record rows that are at their place; what fails removes them and the mark."""
    try:
        content = rows.content()
        columns = content.schema.serialize().to_pybytes()
        record = replace(draft, rows=content.rows, digest=content.digest, columns=columns)
        records.write(record, mark)
    except Conflict:  # somebody else creates a dataset of that name: the rows may be theirs
        raise
    except BaseException:
        with suppress(ProvenderError):
            place.remove()
        with suppress(ProvenderError):
            records.delete(draft.name, mark)
        raise
    return record


def _query(job: RetrievalJob) -> str | None:
    try:
        return job.sql
    except RequestError:
        return None
