"""What a module would run, read from its source without running it.

Names are dotted chains as they stand there: ``view``, ``make.view``, ``factory.view``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_TYPES_ONLY = ("TypeVar", "cast", "isinstance", "issubclass")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_HANDLERS = (ast.ExceptHandler, ast.match_case)


@dataclass
class ModuleText:
    """What a module imports, defines and runs.

    Attributes:
        imports: Local name to the dotted name that it is imported from; relative ones begin
            with dots.
        stars: The modules of which everything is imported.
        functions: Function or class to the names that its code uses.
        classes: Which of them are classes.
        variables: Variable to the names that calling it, or its methods, would run.
        instances: Variable to what was called to make it.
        called: What is called when the module is imported.
        given: What is given as an argument to what is called then.
        extended: What decorates functions and classes, or is a base class.
    """

    imports: dict[str, str] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    functions: dict[str, set[str]] = field(default_factory=dict)
    classes: set[str] = field(default_factory=set)
    variables: dict[str, set[str]] = field(default_factory=dict)
    instances: dict[str, str] = field(default_factory=dict)
    called: set[str] = field(default_factory=set)
    given: set[str] = field(default_factory=set)
    extended: set[str] = field(default_factory=set)


def read_module(source: bytes) -> ModuleText:
    """Return what the source of a module says.

    Raises:
        SyntaxError: It is not valid Python.
        ValueError: It holds null bytes.
    """
    tree = ast.parse(source)
    text = ModuleText()
    for node in ast.walk(tree):
        _note_import(text, node)
    for statement in _statements(tree.body):
        _note_defined(text, statement)
    _note_run(text, tree)
    return text


def _note_import(text: ModuleText, node: ast.AST) -> None:
    if isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                text.stars.append(module)
            else:
                joint = "" if module.endswith(".") else "."
                text.imports[alias.asname or alias.name] = f"{module}{joint}{alias.name}"
    elif isinstance(node, ast.Import):
        for alias in node.names:
            top = alias.name.partition(".")[0]
            text.imports[alias.asname or top] = alias.name if alias.asname else top


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Return statements and those in their blocks, but for the bodies of functions and classes."""
    for statement in body:
        yield statement
        if not isinstance(statement, _DEFINED):
            inner = [n for n in ast.iter_child_nodes(statement) if isinstance(n, ast.stmt)]
            handlers = [n for n in ast.iter_child_nodes(statement) if isinstance(n, _HANDLERS)]
            yield from _statements([*inner, *(s for h in handlers for s in h.body)])


def _note_defined(text: ModuleText, statement: ast.stmt) -> None:
    if isinstance(statement, _DEFINED):
        text.functions[statement.name] = set(_names(statement))
        if isinstance(statement, ast.ClassDef):
            text.classes.add(statement.name)
    elif isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value:
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            if isinstance(target, ast.Name):
                _note_variable(text, target.id, statement.value)
            else:
                _note_parts(text, target, statement.value)
    elif isinstance(statement, ast.For):
        _note_parts(text, statement.target, statement.iter)


def _note_parts(text: ModuleText, target: ast.expr, value: ast.expr) -> None:
    """Note the variables that take parts of a value: those of a loop, or several at once."""
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            text.variables.setdefault(node.id, set()).update(_names(value, calls=False))


def _note_variable(text: ModuleText, name: str, value: ast.expr) -> None:
    if not isinstance(value, ast.Call):
        text.variables[name] = set(_names(value, calls=isinstance(value, ast.Lambda)))
    elif _is_partial(value):
        text.variables[name] = set(_names(value))
    else:
        text.variables[name] = set()
        text.instances[name] = _chain(value.func) or ""


def _is_partial(call: ast.Call) -> bool:
    return (_chain(call.func) or "").endswith("partial")


def _note_run(text: ModuleText, node: ast.AST) -> None:
    """Note what runs when the module is imported: no bodies of functions, no main program."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "__main__" in ast.unparse(child.test):
            continue
        if isinstance(child, _DEFINED):
            bases = child.bases if isinstance(child, ast.ClassDef) else []
            text.extended.update(n for e in (*child.decorator_list, *bases) for n in _names(e))
        if isinstance(child, ast.comprehension):
            _note_parts(text, child.target, child.iter)
        if isinstance(child, ast.Call):
            text.called.update(_names(child.func))
            if not _is_partial(child):
                text.given.update(_names(child))
        if not isinstance(child, _FUNCTIONS):
            _note_run(text, child)


def _names(node: ast.AST, *, calls: bool = True) -> Iterator[str]:
    """Return the names that code uses, but for its own variables and what is about types only."""
    own = _own_names(node) if isinstance(node, _FUNCTIONS) else set()
    found = _chain(node)
    if found is not None:
        yield found
        return
    if isinstance(node, ast.Call) and (not calls or _chain(node.func) in _TYPES_ONLY):
        return
    for label, value in ast.iter_fields(node):
        if label in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                inner = calls or isinstance(child, ast.Lambda)
                names = _names(child, calls=inner)
                yield from (name for name in names if name.partition(".")[0] not in own)


def _own_names(function: ast.AST) -> set[str]:
    inside = list(ast.walk(function))
    parameters = {node.arg for node in inside if isinstance(node, ast.arg)}
    stored = [n for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    return parameters | {node.id for node in stored}


def _chain(node: ast.AST) -> str | None:
    """Return ``a.b.c`` of a name or of an attribute of one."""
    if isinstance(node, ast.Name):
        return node.id
    above = _chain(node.value) if isinstance(node, ast.Attribute) else None
    return f"{above}.{node.attr}" if above and isinstance(node, ast.Attribute) else None
