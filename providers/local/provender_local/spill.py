"""Where DuckDB spills what exceeds its memory, and how much."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from provender_local.configuration import DuckDBConfig


class Spill:
    """The folder that queries spill to, and its limit.

    Args:
        config: The settings of the store.
        root: Where a relative folder starts.

    Attributes:
        parent: The folder on whose disk it is.
        folder: The folder of this process in it; DuckDB makes it, and removes it again.
    """

    def __init__(self, config: DuckDBConfig, root: Path) -> None:
        chosen = config.temp_directory
        self._max = config.max_spill
        self.parent = root / chosen if chosen else Path(tempfile.gettempdir())
        self.folder = self.parent / f"provender-spill-{os.getpid()}"

    def free(self) -> int:
        """Return how many bytes are free there now.

        Raises:
            OSError: The disk cannot be asked.
        """
        there = next(one for one in (self.parent, *self.parent.absolute().parents) if one.exists())
        return shutil.disk_usage(there).free

    def limit(self, spilled: int = 0) -> str:
        """Return the most that may be spilled, as DuckDB writes sizes.

        Args:
            spilled: How many bytes of this process are there already.
        """
        return self._max or f"{(self.free() + spilled) // 2}B"

    def told(self) -> str:
        """Say where queries spill, what is free there and what the limit is."""
        most = self._max or f"{readable(self.free() // 2)} (half of what is free)"
        return f"{self.parent}: {readable(self.free())} free, max_spill {most}"


def readable(size: int) -> str:
    """Return a number of bytes in the largest unit in which it is at least one."""
    for unit, power in (("TB", 4), ("GB", 3), ("MB", 2), ("KB", 1)):
        if size >= 1000**power:
            return f"{size / 1000**power:.1f} {unit}"
    return f"{size} B"
