"""The subset of Vega's expressions that a static SVG needs: arithmetic, parameters, and simple predicates.

Input: expressions and predicates of a spec, and the parameters' values. Output: numbers and booleans. Anything else
raises `UnsupportedError`; no code is executed.
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
    """A part of Vega-Lite outside the supported subset; Vega has to render the chart."""


def resolve_value(value: Any, params: Mapping[str, Any]) -> Any:
    """A literal value, or the result of the expression in ``{"expr": ...}``."""
    if not isinstance(value, dict):
        return value
    if set(value) != {"expr"}:
        raise UnsupportedError(f"value {sorted(value)}")
    return _evaluate(_parse(value["expr"]), params)


@lru_cache(maxsize=256)
def _parse(expression: str) -> ast.expr:
    """The syntax tree of an expression; UnsupportedError when it is none of Python's."""
    # Arithmetic and calls have the same grammar in Vega and in Python, so Python's parser serves both. Where they
    # differ (`===`, `&&`, `? :`), parsing fails or `_evaluate` refuses the node.
    try:
        return ast.parse(expression, mode="eval").body
    except SyntaxError:
        raise UnsupportedError(f"expression {expression}") from None


def _evaluate(node: ast.expr, params: Mapping[str, Any]) -> Any:
    # Worked: "min(180,width*0.41)" with the width 350 is Call(min, [180, BinOp(width * 0.41)]) = min(180, 143.5) =
    # 143.5.
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
    """Which rows satisfy a predicate: a field's value, its negation, or ``datum.field===parameter``."""
    # For all rows at once: checking the form of the predicate for each row would take most of the time.
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
