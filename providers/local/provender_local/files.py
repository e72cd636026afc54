"""Where the Parquet files of a source are: one file, a directory of them, a glob, or a URL."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING

from provender.errors import SourceError

if TYPE_CHECKING:
    import pyarrow.dataset as ds

_MAGIC = "*?["


def is_url(path: str) -> bool:
    """Whether `path` names a filesystem by its scheme, such as ``s3://bucket/key``."""
    return "://" in path


def local_files(path: str, root: Path) -> list[str]:
    """Return the Parquet files that a local path stands for, sorted.

    Args:
        path: A file, a directory (all ``.parquet`` files below it, hidden ones left out) or a
            glob; relative to `root`.
        root: The directory of feature_store.yaml.

    Raises:
        SourceError: There are none.
    """
    whole = root / Path(path).expanduser()
    if any(sign in path for sign in _MAGIC) and not whole.exists():
        found = [Path(n) for n in glob.glob(str(whole), recursive=True)]  # noqa: PTH207
    elif whole.is_dir():
        found = [file for file in whole.rglob("*.parquet") if not _hidden(file, whole)]
    else:
        found = [whole] if whole.is_file() else []
    if not found:
        raise SourceError(
            "no Parquet file at the path of a source",
            got=str(whole),
            fix="mend the path (it is relative to feature_store.yaml) or write the file",
        )
    return sorted(map(str, found))


def _hidden(file: Path, top: Path) -> bool:
    return any(part.startswith((".", "_")) for part in file.relative_to(top).parts)


def url_dataset(url: str) -> ds.Dataset:
    """Return the Parquet files at a URL that pyarrow's filesystems read.

    Raises:
        SourceError: There are none, or they cannot be reached.
    """
    import pyarrow as pa
    import pyarrow.dataset as ds
    from pyarrow import fs

    try:
        filesystem, path = fs.FileSystem.from_uri(url)
        return ds.dataset(path, filesystem=filesystem, format="parquet")
    except (pa.ArrowException, OSError, ValueError) as error:
        raise SourceError(
            "the path of a source cannot be reached", got=f"{url}: {error}"
        ) from error
