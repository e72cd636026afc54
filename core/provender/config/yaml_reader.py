"""`read_yaml`: a YAML file as plain data, safely: no objects, no aliases, no double keys."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from provender.config.interpolation import Filled, fill
from provender.config.yaml_text import Path_, YamlText
from provender.errors import ConfigError, Problem, value_text

_LARGEST = 1_000_000
_VARIABLES = "${NAME} or ${NAME:-default}; write $${ for a literal ${"


def read_yaml(file: Path, environment: Mapping[str, str] | None = None) -> YamlText:
    """Read a YAML file, putting environment variables in the place of ``${NAME}``.

    What is wrong with single values is noted in the `problems` of the result.

    Args:
        file: The file.
        environment: The variables; by default those of the process.

    Raises:
        ConfigError: The file cannot be read or is not YAML.
    """
    text = YamlText(file)
    reader = _Reader(text, os.environ if environment is None else environment)
    try:
        node = _compose(file, _content(file))
        text.data = reader.value(node, ()) if node is not None else None
    except RecursionError:
        fact = "the configuration is nested too deeply"
        raise ConfigError(fact, place=f"{file}:1:1") from None
    return text


def _content(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            allowed = f"{_LARGEST} bytes"
            raise ConfigError("the configuration is too large", allowed=allowed, place=str(file))
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(
            "the configuration is not UTF-8 text", got=str(error), place=f"{file}:1:1"
        ) from error
    except OSError as error:
        fact = "the configuration cannot be read"
        raise ConfigError(fact, got=error.strerror, place=str(file)) from error


def _compose(file: Path, content: str) -> Any:
    import yaml

    try:
        return yaml.compose(content, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise _syntax(file, content, error) from error


def _syntax(file: Path, content: str, error: Exception) -> ConfigError:
    mark = getattr(error, "problem_mark", None)
    at = (mark.line + 1, mark.column + 1) if mark else _position(content, error)
    line = [*content.splitlines(), "", ""][at[0] - 1]
    fix = None
    if "${" in line:
        fix = "quote a value that holds ${…} inside { }"
    elif '"' in line and "\\" in line:
        fix = "write \\ only between single quotes, as in 'C:\\data', or double it"
    elif "\t" in line:
        fix = "indent with spaces, not with tabs"
    reason = getattr(error, "problem", None) or str(error).splitlines()[0]
    place = f"{file}:{at[0]}:{at[1]}"
    return ConfigError("the configuration is not valid YAML", got=reason, fix=fix, place=place)


def _position(content: str, error: Exception) -> tuple[int, int]:
    """Return line and column of a character that YAML does not allow."""
    before = content[: getattr(error, "position", 0)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


class _Reader:
    """Walks the nodes of a YAML document."""

    def __init__(self, text: YamlText, environment: Mapping[str, str]) -> None:
        self._text = text
        self._environment = environment
        self._seen: set[int] = set()  # an alias gives its anchor's node a second time

    def value(self, node: Any, path: Path_) -> Any:
        import yaml

        self._text.lines.setdefault(path, _start(node))
        if id(node) in self._seen:
            self._problem(path, "aliases are not allowed", fix="write the value out")
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if node.tag not in ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
            self._problem(path, f"tag {node.tag!r} is not allowed", fix="leave it out")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        return [self.value(item, (*path, i)) for i, item in enumerate(node.value)]

    def _mapping(self, node: Any, path: Path_) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            line, column = _start(key_node)
            place = f"{self._text.file}:{line}:{column}"
            if not isinstance(key, str):
                self._text.problems.append(Problem("a key is not a string", place=place))
                continue
            if key in result:
                fact = f"key {key!r} is given twice"
                first = self._text.place((*path, key))
                self._text.problems.append(Problem(fact, got=f"first at {first}", place=place))
                continue
            self._text.lines[(*path, key)] = (line, column)
            result[key] = self.value(value_node, (*path, key))
        return result

    def _scalar(self, node: Any, path: Path_) -> Any:
        if "${" in node.value:
            return self._filled(node.value, path)
        import yaml

        loader = yaml.SafeLoader("")
        try:
            return loader.construct_object(node)
        except (yaml.YAMLError, ValueError, LookupError, AttributeError):
            # PyYAML's constructors raise any of these for texts that their tag does not fit
            tag = node.tag.removeprefix("tag:yaml.org,2002:")
            self._problem(path, f"a value cannot be read as {tag!r}", got=value_text(node.value))
            return None
        finally:
            loader.dispose()

    def _filled(self, written: str, path: Path_) -> str:
        return note_filled(self._text, path, written, fill(written, self._environment))

    def _problem(self, path: Path_, fact: str, **notes: str) -> None:
        _note(self._text, path, fact, **notes)


def note_filled(text: YamlText, path: Path_, written: str, filled: Filled) -> str:
    """Note a value that holds environment variables, and what is wrong with it; return it.

    Args:
        text: The file.
        path: Where the value is in it.
        written: The value with its variables.
        filled: The value with what they stand for.
    """
    text.written[path] = written
    text.taken[path] = filled.taken
    for name in filled.unset:
        fix = f"set it, or give a default: ${{{name}:-…}}"
        _note(text, path, f"environment variable {name} is not set", fix=fix)
    for name in filled.empty if not filled.text.strip() else ():
        fix = f"set it, give a default: ${{{name}:-…}}, or allow an empty value: ${{{name}:-}}"
        _note(text, path, f"environment variable {name} is empty", fix=fix)
    if filled.malformed:
        _note(
            text, path, "${ does not begin a variable", got=value_text(written), allowed=_VARIABLES
        )
    return filled.text


def _note(text: YamlText, path: Path_, fact: str, **notes: str) -> None:
    text.problems.append(Problem(fact, **notes, place=text.place(path)))


def _start(node: Any) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1
