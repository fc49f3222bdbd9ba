"""The changes a mutant may be: for one node of a syntax tree, what may stand in its place. Pure.

Each is a mistake a person could make or an attacker could wish for: a boundary moved by one, a condition turned
or dropped, an operator or a constant changed, a statement, an argument or a `raise` left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeVar

Item = TypeVar("Item")

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.BitXor: ast.BitOr,
}
_NAMES = {"all": "any", "any": "all", "min": "max", "max": "min"}
_PASS = ast.Pass()


def statements(node: ast.stmt) -> Iterator[tuple[str, ast.stmt]]:
    """(kind of change, statement to stand there instead)."""
    match node:
        case ast.Expr(value=ast.Constant()):
            return
        case ast.AugAssign(target=target, op=operator, value=value):
            yield "statement left out", _PASS
            if type(operator) in _ARITHMETIC:
                yield "operator", ast.AugAssign(target, _ARITHMETIC[type(operator)](), value)
        case ast.Expr() | ast.Assign() | ast.Delete() | ast.Raise():
            yield "statement left out", _PASS
        case ast.AnnAssign(value=value) if value is not None:
            yield "statement left out", _PASS
        case ast.Continue():
            yield "loop ended", ast.Break()
        case ast.Break():
            yield "loop not ended", ast.Continue()
        case ast.Return(value=None):
            yield "return left out", _PASS
        case ast.Return(value=ast.Constant(value=value)) if not value:
            # Nothing is what it returns, or as good as: the type checker tells the two apart.
            return
        case ast.Return():
            yield "nothing returned", ast.Return(ast.Constant(None))


def expressions(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """(kind of change, expression to stand there instead)."""
    match node:
        case ast.Compare():
            for index, operator in enumerate(node.ops):
                for other in _COMPARISONS[type(operator)]:
                    ops = [*node.ops[:index], other(), *node.ops[index + 1 :]]
                    yield "comparison", ast.Compare(node.left, ops, node.comparators)
        case ast.BoolOp():
            turned = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield "and/or", ast.BoolOp(turned, node.values)
            for rest in _without_one(node.values):
                yield "condition left out", rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
        case ast.UnaryOp():
            yield "not or minus left out", node.operand
        case ast.BinOp():
            if type(node.op) in _ARITHMETIC:
                yield "operator", ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right)
        case ast.Constant():
            for value in _constants(node.value):
                yield "constant", ast.Constant(value)
        case ast.JoinedStr():
            for index, part in enumerate(node.values):
                if isinstance(part, ast.Constant):
                    longer = ast.Constant(f"{part.value!s}~")
                    yield "constant", ast.JoinedStr([*node.values[:index], longer, *node.values[index + 1 :]])
        case ast.Name(id=name, ctx=ast.Load()) if name in _NAMES:
            yield "name", ast.Name(_NAMES[name], ast.Load())
        case ast.Call():
            for keywords in _without_one(node.keywords):
                yield "argument left out", ast.Call(node.func, node.args, keywords)
            if len(node.args) > 1 and not isinstance(node.args[-1], ast.Starred):
                yield "argument left out", ast.Call(node.func, node.args[:-1], node.keywords)


def _without_one(items: list[Item]) -> Iterator[list[Item]]:
    for index in range(len(items)):
        yield [*items[:index], *items[index + 1 :]]


def conditions(node: ast.AST) -> Iterator[tuple[ast.expr, str, ast.expr]]:
    """(what decides in a node, kind of change, what stands there instead)."""
    match node:
        case ast.If() | ast.IfExp() | ast.While() | ast.Assert():
            tests = [node.test]
        case ast.comprehension():
            tests = node.ifs
        case ast.For():
            yield node.iter, "loop left out", ast.Tuple([], ast.Load())
            return
        case _:
            return
    for test in tests:
        for value in (True, False):
            yield test, "condition", ast.Constant(value)


def _constants(value: object) -> tuple[bool | int | float | str | bytes, ...]:
    match value:
        case bool():
            return (not value,)
        case int() | float():
            return (value + 1, value - 1)
        case str():
            return (f"{value}~",) if value else ("~",)
        case bytes():
            return (value[:-1] + b"~",)
    return ()
