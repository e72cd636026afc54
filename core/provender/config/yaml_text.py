"""YAML with places: plain data, and for every value the line and column where it stands."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provender.errors import ConfigError, Problem

Path_ = tuple[str | int, ...]
_LARGEST = 1_000_000
_VARIABLE = re.compile(r"\$(\$)?\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


@dataclass
class YamlText:
    """What a YAML file holds.

    Attributes:
        file: The file.
        data: Its content as plain data.
        lines: Where each value stands, by its path: line and column, from 1.
        written: The text of values that were taken from the environment, as they are written;
            their content is never shown.
        problems: What is wrong with the file.
    """

    file: Path
    data: Any = None
    lines: dict[Path_, tuple[int, int]] = field(default_factory=dict)
    written: dict[Path_, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path_) -> str:
        """Return ``file:line:col`` of a value, or of the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        line, column = self.lines.get(path, (1, 1))
        return f"{self.file}:{line}:{column}"

    def shown(self, path: Path_, value: object) -> str:
        """Return a value for a message; one from the environment is shown as it is written."""
        return self.written.get(path, repr(value))


def read_yaml(file: Path, environment: Mapping[str, str] | None = None) -> YamlText:
    """Read a YAML file, putting environment variables in the place of ``${NAME}``.

    ``${NAME:-default}`` has a default; ``$${NAME}`` stands for the text ``${NAME}``.

    Args:
        file: The file.
        environment: The variables; by default those of the process.

    Raises:
        ConfigError: The file cannot be read or is not YAML.
    """
    import yaml

    text = YamlText(file)
    try:
        content = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(
            "the configuration is not UTF-8 text", got=str(error), place=f"{file}:1:1"
        ) from error
    except OSError as error:
        raise ConfigError("the configuration cannot be read", got=str(error)) from error
    if len(content) > _LARGEST:
        raise ConfigError("the configuration is too large", allowed=f"{_LARGEST} characters")
    try:
        node = yaml.compose(content, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise _syntax(file, content, error) from error
    reader = _Reader(text, os.environ if environment is None else environment)
    text.data = reader.value(node, ()) if node is not None else None
    return text


def _syntax(file: Path, content: str, error: Exception) -> ConfigError:
    mark = getattr(error, "problem_mark", None)
    line = content.splitlines()[mark.line] if mark and mark.line < content.count("\n") + 1 else ""
    fix = "quote a value that holds ${…} inside { }" if "${" in line else None
    at = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else f"{file}:1:1"
    reason = getattr(error, "problem", None) or str(error).splitlines()[0]
    return ConfigError("the configuration is not valid YAML", got=reason, fix=fix, place=at)


class _Reader:
    """Walks the nodes of a YAML document."""

    def __init__(self, text: YamlText, environment: Mapping[str, str]) -> None:
        self._text = text
        self._environment = environment
        self._seen: set[int] = set()  # an alias gives its anchor's node a second time

    def value(self, node: Any, path: Path_) -> Any:
        import yaml

        text = self._text
        text.lines.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
        if id(node) in self._seen:
            self._problem(path, "aliases are not allowed", fix="write the value out")
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, i)) for i, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: Any, path: Path_) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(getattr(key_node, "value", ""))
            mark = key_node.start_mark
            if key in result:
                place = f"{self._text.file}:{mark.line + 1}:{mark.column + 1}"
                self._text.problems.append(Problem(f"key {key!r} stands twice", place=place))
            self._text.lines[(*path, key)] = (mark.line + 1, mark.column + 1)
            result[key] = self.value(value_node, (*path, key))
        return result

    def _scalar(self, node: Any, path: Path_) -> Any:
        import yaml

        loader = yaml.SafeLoader("")
        try:
            if "${" not in node.value:
                return loader.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            self._problem(path, f"a value cannot be read: {error}")
            return None
        finally:
            loader.dispose()
        filled = _VARIABLE.sub(lambda match: self._variable(match, path), node.value)
        self._text.written[path] = repr(node.value)
        return filled

    def _variable(self, match: re.Match[str], path: Path_) -> str:
        escaped, name, default = match.groups()
        if escaped:
            return match[0][1:]
        if name in self._environment:
            return self._environment[name]
        if default is None:
            self._problem(
                path,
                f"environment variable {name} is not set",
                fix=f"set it, or give a default: ${{{name}:-…}}",
            )
        return default or ""

    def _problem(self, path: Path_, fact: str, fix: str | None = None) -> None:
        self._text.problems.append(Problem(fact, fix=fix, place=self._text.place(path)))
