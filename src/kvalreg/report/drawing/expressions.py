"""The few expressions of Vega that a still drawing needs: arithmetic with the width, parameters, plain tests.

Comes in: expressions and predicates of a spec, and the parameters' values. Goes out: numbers and truth. What it does
not know it refuses by name; it never runs code.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

Datum = Mapping[str, Any]
_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_FUNCTIONS: dict[str, Callable[..., float]] = {"min": min, "max": max}
_EQUALS_PARAMETER = re.compile(r"datum\.(\w+)===(\w+)")


class UnsupportedError(Exception):
    """A part of Vega-Lite that still drawings do not know; Vega has to draw that chart."""


def resolve_value(value: Any, params: Mapping[str, Any]) -> Any:
    """A value as it stands, or what the expression in ``{"expr": ...}`` makes."""
    if not isinstance(value, dict):
        return value
    if set(value) != {"expr"}:
        raise UnsupportedError(f"value {sorted(value)}")
    return _evaluate(_parse(value["expr"]), params)


@lru_cache(maxsize=256)
def _parse(expression: str) -> ast.expr:
    return ast.parse(expression, mode="eval").body


def _evaluate(node: ast.expr, params: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name) and node.id in params:
        return params[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_evaluate(node.left, params), _evaluate(node.right, params))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        return _FUNCTIONS[node.func.id](*(_evaluate(argument, params) for argument in node.args))
    raise UnsupportedError(f"expression {ast.unparse(node)}")


def predicate_mask(predicate: Any, rows: Sequence[Datum], params: Mapping[str, Any]) -> list[bool]:
    """Which rows pass a predicate: a field's value, its negation, or ``datum.field===parameter``."""
    if isinstance(predicate, str):
        match = _EQUALS_PARAMETER.fullmatch(predicate)
        if match is None or match[2] not in params:
            raise UnsupportedError(f"test {predicate}")
        field, expected = match[1], params[match[2]]
        return [row.get(field) == expected for row in rows]
    if set(predicate) == {"not"}:
        return [not is_match for is_match in predicate_mask(predicate["not"], rows, params)]
    if set(predicate) == {"field", "equal"}:
        field, expected = predicate["field"], predicate["equal"]
        return [row.get(field) == expected for row in rows]
    if set(predicate) == {"field", "oneOf"}:
        field, allowed = predicate["field"], predicate["oneOf"]
        return [row.get(field) in allowed for row in rows]
    raise UnsupportedError(f"predicate {sorted(predicate)}")
