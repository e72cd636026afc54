"""`make twins`: generates modules whose calls block from those written for event loops."""

from __future__ import annotations

import tempfile
from pathlib import Path

from unasync import Rule, unasync_files

ROOT = Path(__file__).resolve().parents[1]
CLIENT = ROOT / "core" / "provender" / "client"
TWINS = {CLIENT / "async_client.py": CLIENT / "client.py"}
"""The modules that are written by hand, and what is generated from each."""
HEADER = "# Generated from {} by `make twins`: change that file, not this one.\n"
NAMES = {
    "AsyncClient": "Client",
    "aclose": "close",
    "aiter_bytes": "iter_bytes",
    "aread": "read",
    "asyncio": "time",
}
"""What the same thing is called where calls block, over and above what unasync knows."""
PHRASES = {
    "`AsyncClient`: a feature server's features, for event loops.": (
        "`Client`: a feature server's features, by calls that block."
    ),
    "the tasks of one event loop may share it": "threads may share it",
}
"""What documentation says instead."""


def blocking(source: Path) -> str:
    """Return the text of a module whose calls block, generated from one for event loops.

    Raises:
        LookupError: A phrase to replace is not in the module.
    """
    with tempfile.TemporaryDirectory() as folder:
        unasync_files([str(source)], [Rule(f"{source.parent}/", f"{folder}/", NAMES)])
        text = Path(folder, source.name).read_text(encoding="utf-8")
    for phrase, other in PHRASES.items():
        if phrase not in text:
            raise LookupError(f"{source.name} does not contain {phrase!r}; mend PHRASES")
        text = text.replace(phrase, other)
    return HEADER.format(source.name) + text


if __name__ == "__main__":
    for source, target in TWINS.items():
        target.write_text(blocking(source), encoding="utf-8")
