"""Comparisons of Redshift as those of PostgreSQL: text is compared without its trailing blanks.

So it is wherever two values are compared or sorted, and for DISTINCT; not for GROUP BY, set
operations and the order of a whole result.
"""

from __future__ import annotations

from sqlglot import exp

from servers.redshift_functions import COMPARED

_TWO_SIDES = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_PLAIN = (exp.Null, exp.Boolean, exp.Tuple)


def compare_without_blanks(tree: exp.Expr) -> None:
    """Change every comparison of a statement."""
    for node in list(tree.find_all(*_TWO_SIDES)):
        if not isinstance(node.parent, exp.Update):
            node.set("this", _compared(node.this))
            node.set("expression", _compared(node.expression))
    for node in list(tree.find_all(exp.In)):
        if node.expressions:
            node.set("this", _compared(node.this))
            node.set("expressions", [_compared(value) for value in node.expressions])
    for window in list(tree.find_all(exp.Window)):
        parts = window.args.get("partition_by") or []
        window.set("partition_by", [_compared(value) for value in parts])
        for order in window.args["order"].expressions if window.args.get("order") else []:
            order.set("this", _compared(order.this))
    for select in list(tree.find_all(exp.Select)):
        _distinct(select)


def _distinct(select: exp.Select) -> None:
    found = select.args.get("distinct")
    if found is None or found.args.get("on") or select.args.get("order") or select.is_star:
        return
    values = [_compared(value.unalias().copy()) for value in select.expressions]
    found.set("on", exp.Tuple(expressions=values))


def _compared(value: exp.Expr) -> exp.Expr:
    if isinstance(value, exp.Literal):
        return exp.Literal.string(value.name.rstrip(" ")) if value.is_string else value
    if isinstance(value, _PLAIN):
        return value
    return exp.Anonymous(this=COMPARED, expressions=[value])
