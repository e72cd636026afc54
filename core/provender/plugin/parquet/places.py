"""Where Parquet files are: one file, a directory of them, a glob; on a disk or at a URL.

Folders named ``name=value`` below the path are columns of the files in them; those of the path
itself mean nothing.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from provender.errors import NoDataYet, SourceError

if TYPE_CHECKING:
    from pyarrow import fs

NULL = "__HIVE_DEFAULT_PARTITION__"
"""The value of a folder whose rows have a null."""
_MAGIC = re.compile(r"[*?[]")
_URL_MAGIC = re.compile(r"[*[]")  # what follows a "?" are options of the filesystem
_LOCAL = re.compile(r"file://[^/]*(?=/)")


@dataclass(frozen=True, slots=True)
class ParquetFile:
    """One file.

    Attributes:
        path: Its path, as its filesystem names it.
        partition: What the folders below the path of the source say: text by name.
    """

    path: str
    partition: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParquetFiles:
    """The files of a source, sorted by path.

    Attributes:
        files: One at least.
        filesystem: Where they are; None: on this machine's disks.
    """

    files: tuple[ParquetFile, ...]
    filesystem: fs.FileSystem | None = None


def is_url(path: str) -> bool:
    """Whether `path` names a filesystem by its scheme, such as ``s3://bucket/key``."""
    return "://" in path


def find_parquet(path: str, root: Path) -> ParquetFiles:
    """Return the Parquet files that a path or URL stands for.

    Args:
        path: A file, a directory (all ``.parquet`` files below it, hidden ones left out) or a
            glob; a path relative to `root`, or a URL that pyarrow's filesystems read.
        root: The directory of feature_store.yaml.

    Raises:
        NoDataYet: There are none, and rows that are appended would make the first.
        SourceError: There are none, they cannot be reached, or the names of folders contradict
            each other.
    """
    path = _plain(path)
    found = _remote(path) if is_url(path) else _local(path, root)
    if not found.files:
        fix = "write the file, or fix the path"
        fix += "" if is_url(path) else " (it is relative to feature_store.yaml)"
        told = path if is_url(path) else str(root / Path(path).expanduser())
        kind = NoDataYet if appendable(path, root) else SourceError
        raise kind("no Parquet file at the path of a source", got=told, fix=fix)
    return found


def appendable(path: str, root: Path) -> Path | None:
    """Return the local folder or single file that rows can be appended to, or None.

    A folder need not exist; a path that ends with ``.parquet`` is a file, which has to.

    Args:
        path: See `find_parquet`.
        root: The directory of feature_store.yaml.
    """
    path = _plain(path)
    whole = root / Path(path).expanduser()
    if not path or is_url(path):
        return None
    new = not whole.exists() and whole.suffix != ".parquet" and not _MAGIC.search(path)
    return whole if new or whole.is_file() or whole.is_dir() else None


def _plain(path: str) -> str:
    """Return the path in a ``file://`` URL; anything else as it is."""
    local = _LOCAL.match(path)
    return unquote(path[local.end() :]) if local else path


def _local(path: str, root: Path) -> ParquetFiles:
    whole = root / Path(path).expanduser()
    if _MAGIC.search(path) and not whole.exists():
        top, _ = _fixed(str(whole), _MAGIC)
        found = [Path(n) for n in glob.glob(str(whole), recursive=True)]  # noqa: PTH207
        files = [str(file) for file in found if file.is_file()]
    elif whole.is_dir():
        top, files = str(whole), [str(file) for file in whole.rglob("*.parquet") if file.is_file()]
        files = [file for file in files if not _hidden(_below(file, top))]
    else:
        top, files = str(whole.parent), [str(whole)] if whole.is_file() else []
    return ParquetFiles(_partitioned(files, top))


def _remote(url: str) -> ParquetFiles:
    import pyarrow as pa
    from pyarrow import fs

    place, sign, options = url.partition("?")
    fixed, pattern = _fixed(place, _URL_MAGIC)
    try:
        filesystem, top = fs.FileSystem.from_uri(fixed + sign + options)
        found = remote_files(filesystem, top, unquote(pattern))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise SourceError(
            "the path of a source cannot be reached", got=f"{url}: {error}"
        ) from error
    return found


def remote_files(filesystem: fs.FileSystem, top: str, pattern: str) -> ParquetFiles:
    """Return the files at a path of a filesystem, or those below it that match a pattern.

    Args:
        filesystem: Where to look.
        top: A file or a directory.
        pattern: A glob for what follows `top`; empty: all of it.
    """
    from pyarrow import fs

    there = filesystem.get_file_info(top)
    if there.type == fs.FileType.File:
        return ParquetFiles((ParquetFile(top),), filesystem)
    deep = not pattern or "/" in pattern or "**" in pattern
    selector = fs.FileSelector(top, allow_not_found=True, recursive=deep)
    listed = filesystem.get_file_info(selector)
    paths = [info.path for info in listed if info.type == fs.FileType.File]
    files = [path for path in paths if _chosen(_below(path, top), pattern)]
    return ParquetFiles(_partitioned(files, top), filesystem)


def _fixed(path: str, magic: re.Pattern[str]) -> tuple[str, str]:
    """Return the folder before the first part of a path with a wildcard, and the rest."""
    found = magic.search(path)
    if found is None:
        return path, ""
    cut = path.rindex("/", 0, found.start()) if "/" in path[: found.start()] else 0
    return path[:cut] or "/", path[cut + 1 :]


def _chosen(parts: Sequence[str], pattern: str) -> bool:
    if not pattern:
        return parts[-1].endswith(".parquet") and not _hidden(parts)
    return _matches(list(parts), pattern.split("/"))


def _matches(parts: list[str], patterns: list[str]) -> bool:
    """Whether the parts of a path match a glob as `glob.glob` would."""
    if not patterns or not parts:
        return not parts and all(pattern == "**" for pattern in patterns)
    first, rest = patterns[0], patterns[1:]
    dotted = parts[0].startswith(".")
    if first == "**":
        return _matches(parts, rest) or (not dotted and _matches(parts[1:], patterns))
    fits = fnmatchcase(parts[0], first) and (not dotted or first.startswith("."))
    return fits and _matches(parts[1:], rest)


def _below(path: str, top: str) -> tuple[str, ...]:
    return PurePosixPath(path).relative_to(top).parts


def _hidden(parts: Sequence[str]) -> bool:
    """Whether a part of a path is hidden; ``_year=2024`` is a partition."""
    return any(part.startswith(".") or (part[0] == "_" and "=" not in part) for part in parts)


def _partitioned(paths: Sequence[str], top: str) -> tuple[ParquetFile, ...]:
    found = [ParquetFile(path, _partition(_below(path, top)[:-1])) for path in sorted(paths)]
    _check_spelling(found)
    return tuple(found)


def _check_spelling(files: Sequence[ParquetFile]) -> None:
    """Check that no partition column is spelled one way for some files and another for others.

    Each would be a column of its own, and null for all the other files. Below one path, ``Day=1``
    and ``day=2`` are two columns.

    Raises:
        SourceError: One is.
    """
    spelled: dict[str, ParquetFile] = {}
    first: dict[str, str] = {}
    for file in files:
        for name in file.partition:
            spelled.setdefault(name, file)
            other = first.setdefault(name.casefold(), name)
            if other != name and other not in file.partition:
                raise _two_spellings(other, spelled[other].path, name, file.path)


def _two_spellings(name: str, path: str, other: str, other_path: str) -> SourceError:
    return SourceError(
        f"folders spell a partition column in two ways, {name!r} and {other!r}",
        got=f"{path} and {other_path}",
        allowed="one spelling for all files; names are compared exactly",
        fix="rename the folders of one of them",
    )


def _partition(folders: Sequence[str]) -> dict[str, str | None]:
    """Return what folders named ``name=value`` say; signs may be written as ``%2F``."""
    pairs = [folder.split("=", 1) for folder in folders if "=" in folder]
    texts: dict[str, str] = {}
    for name, value in ((unquote(name), unquote(value)) for name, value in pairs if name):
        if texts.setdefault(name, value) != value:
            raise SourceError(
                f"folders give two values for the partition column {name!r}",
                got="/".join(folders),
                fix="rename one of the folders",
            )
    return {name: None if value == NULL else value for name, value in texts.items()}
