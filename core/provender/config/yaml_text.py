"""`YamlText`: what a YAML file says, and for every value its place and how it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provender.errors import Problem

Path_ = tuple[str | int, ...]
"""The keys and positions that lead from the top of a document to a value."""

_LONGEST_SHOWN = 200


@dataclass
class YamlText:
    """What a YAML file holds.

    Attributes:
        file: The file.
        data: Its content as plain data.
        lines: Where each value stands, by its path: line and column, from 1.
        written: Values that hold environment variables, as they are written.
        taken: What came from the environment, by path, with the ``${NAME}`` that stands for it.
        problems: What is wrong with the file.
    """

    file: Path
    data: Any = None
    lines: dict[Path_, tuple[int, int]] = field(default_factory=dict)
    written: dict[Path_, str] = field(default_factory=dict)
    taken: dict[Path_, list[tuple[str, str]]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path_) -> str:
        """Return ``file:line:col`` of a value, or of the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        line, column = self.lines.get(path, (1, 1))
        return f"{self.file}:{line}:{column}"

    def shown(self, path: Path_, value: object) -> str:
        """Return a value for a message, with ``${NAME}`` where it comes from the environment."""
        around = next((path[:i] for i in range(len(path) + 1) if path[:i] in self.written), None)
        text = repr(self.as_written(path, value) if around is None else self.written[around])
        return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]} …"

    def as_written(self, path: Path_, value: object) -> object:
        """Return a value as it is written, with ``${NAME}`` where it is from the environment."""
        if path in self.written:
            return self.written[path]
        if isinstance(value, dict):
            return {key: self.as_written((*path, key), item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.as_written((*path, i), item) for i, item in enumerate(value)]
        return value

    def hide(self, path: Path_, message: str) -> str:
        """Return what somebody says of a value, without what comes from the environment."""
        for at, taken in self.taken.items():
            near = min(len(at), len(path))
            if at[:near] == path[:near]:
                for value, name in taken:
                    message = message.replace(value, name)
        return message
