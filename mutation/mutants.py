"""The mutants of a source file: each the file's text with one expression or statement replaced. Pure."""

from __future__ import annotations

import ast
import difflib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from mutation import operators


@dataclass(frozen=True)
class Mutant:
    """One change. `where` is the function or class it is in; `first` and `last` are the lines it touches.

    (module, where, change, number) names it, and stays the same when lines move: `number` counts equal changes
    of one `where` from 1.
    """

    module: str
    path: str
    where: str
    kind: str
    change: str
    number: int
    first: int
    last: int
    source: str

    @property
    def name(self) -> tuple[str, str, str, int]:
        return self.module, self.where, self.change, self.number

    def diff(self, original: str) -> list[str]:
        """The lines that differ, each led by `-` or `+`."""
        lines = difflib.unified_diff(original.splitlines(), self.source.splitlines(), lineterm="", n=0)
        return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


@dataclass(frozen=True)
class _Site:
    node: ast.expr | ast.stmt
    where: str
    kind: str
    instead: ast.expr | ast.stmt


def mutants(module: str, path: str, source: str) -> list[Mutant]:
    """Every mutant of a file's text, in the order of the text."""
    lines = source.encode().splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    data = source.encode()
    found: list[Mutant] = []
    seen: Counter[tuple[str, str]] = Counter()
    done: set[str] = {source}
    sites = sorted(_sites(ast.parse(source)), key=lambda site: (site.node.lineno, site.node.col_offset))
    for site in sites:
        node, last = site.node, site.node.end_lineno or site.node.lineno
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[last - 1] + (node.end_col_offset or 0)
        before, after = data[start:end].decode(), ast.unparse(ast.fix_missing_locations(site.instead))
        if isinstance(site.instead, ast.expr) and not _is_atom(site.instead):
            after = f"({after})"
        changed = (data[:start] + after.encode() + data[end:]).decode()
        # Two operators may say the same (`return True` without a value, and as another constant).
        if changed in done:
            continue
        done.add(changed)
        change = f"{' '.join(before.split())} → {after}"
        seen[site.where, change] += 1
        number = seen[site.where, change]
        found.append(Mutant(module, path, site.where, site.kind, change, number, node.lineno, last, changed))
    return found


def _is_atom(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant | ast.Name | ast.Call | ast.Attribute | ast.Subscript | ast.Tuple)


def _sites(tree: ast.Module) -> Iterator[_Site]:
    """Every place and what may stand there: not in annotations, docstrings or what only type checkers read."""
    yield from _visit(tree.body, "", is_definition=True)


def _visit(body: list[ast.stmt], where: str, *, is_definition: bool = False) -> Iterator[_Site]:
    for statement in body:
        if isinstance(statement, ast.Import | ast.ImportFrom) or _is_typing(statement):
            continue
        # A name of a module or class that is missing ends the import: that tells of no test.
        if not (is_definition and isinstance(statement, ast.Assign | ast.AnnAssign)):
            for kind, instead in operators.statements(statement):
                yield _Site(statement, where or "module", kind, instead)
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                inner = f"{where}.{statement.name}" if where else statement.name
                for default in [*statement.args.defaults, *statement.args.kw_defaults]:
                    if default is not None:
                        yield from _within(default, inner)
                yield from _visit(statement.body, inner)
            case ast.ClassDef():
                inner = f"{where}.{statement.name}" if where else statement.name
                yield from _visit(statement.body, inner, is_definition=True)
            case ast.Expr(value=ast.Constant()):
                continue
            case _:
                yield from _parts(statement, where)


def _parts(node: ast.AST, where: str) -> Iterator[_Site]:
    """The sites of a statement that is no definition, in its expressions and in the statements below it."""
    for test, kind, value in operators.conditions(node):
        yield _Site(test, where or "module", kind, value)
    if isinstance(node, ast.ExceptHandler):
        yield _Site(node.body[0], where or "module", "handler left out", ast.Raise())
    for name, field in ast.iter_fields(node):
        if name in ("annotation", "returns", "type"):
            continue
        for part in field if isinstance(field, list) else [field]:
            if isinstance(part, ast.stmt):
                yield from _visit([part], where)
            elif isinstance(part, ast.expr):
                yield from _within(part, where)
            elif isinstance(part, ast.AST):
                yield from _parts(part, where)


def _within(node: ast.expr, where: str) -> Iterator[_Site]:
    for kind, instead in operators.expressions(node):
        yield _Site(node, where or "module", kind, instead)
    if isinstance(node, ast.JoinedStr):
        # The positions of what is in an f-string are the whole string's before Python 3.12.
        return
    yield from _parts(node, where)


def _is_typing(statement: ast.stmt) -> bool:
    """`TYPE_CHECKING = False` and what stands under it: nothing of it runs."""
    match statement:
        case ast.Assign(targets=[ast.Name(id="TYPE_CHECKING")]) | ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
    return False
