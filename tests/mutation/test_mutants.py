"""The mistakes that are planted: every kind of them, each once, in code that runs and nowhere else."""

from __future__ import annotations

import ast

import pytest

from mutation.mutants import Mutant, mutants
from mutation.targets import DECISION


def changes(source: str, kind: str | None = None) -> set[str]:
    return {each.change for each in mutants("m", "m.py", source) if kind in (None, each.kind)}


BODIES: dict[str, tuple[str, str, set[str]]] = {
    "a boundary": ("x = a < b", "comparison", {"a < b → (a <= b)", "a < b → (a >= b)"}),
    "an equality": ("x = a == b", "comparison", {"a == b → (a != b)"}),
    "an identity": ("x = a is not b", "comparison", {"a is not b → (a is b)"}),
    "a membership": ("x = a in b", "comparison", {"a in b → (a not in b)"}),
    "each of a chain": (
        "x = 1 < a <= 9",
        "comparison",
        {
            "1 < a <= 9 → (1 <= a <= 9)",
            "1 < a <= 9 → (1 >= a <= 9)",
            "1 < a <= 9 → (1 < a < 9)",
            "1 < a <= 9 → (1 < a > 9)",
        },
    ),
    "and": ("x = a and b", "and/or", {"a and b → (a or b)"}),
    "a part of a condition": (
        "x = a and b and c",
        "condition left out",
        {"a and b and c → (b and c)", "a and b and c → (a and c)", "a and b and c → (a and b)"},
    ),
    "not": ("x = not a", "not or minus left out", {"not a → a"}),
    "minus": ("x = -a", "not or minus left out", {"-a → a"}),
    "an if": ("if a: b()", "condition", {"a → True", "a → False"}),
    "a choice": ("x = 1 if a else 2", "condition", {"a → True", "a → False"}),
    "a filter": ("x = [b for b in c if b]", "condition", {"b → True", "b → False"}),
    "a loop": ("for a in b: c()", "loop left out", {"b → ()"}),
    "a number": ("x = 5", "constant", {"5 → 6", "5 → 4"}),
    "a truth": ("x = True", "constant", {"True → False"}),
    "a text": ("x = 'a'", "constant", {"'a' → 'a~'"}),
    "an empty text": ("x = ''", "constant", {"'' → '~'"}),
    "bytes": ("x = b'ab'", "constant", {"b'ab' → b'a~'"}),
    "a text with values": ("x = f'a{b}c'", "constant", {"f'a{b}c' → (f'a~{b}c')", "f'a{b}c' → (f'a{b}c~')"}),
    "arithmetic": ("x = a + b", "operator", {"a + b → (a - b)"}),
    "arithmetic in place": ("x += 1", "operator", {"x += 1 → x -= 1"}),
    "a quantifier": ("x = all(a)", "name", {"all → any"}),
    "an extreme": ("x = max(a)", "name", {"max → min"}),
    "a call": ("a()", "statement left out", {"a() → pass"}),
    "a raise": ("raise A", "statement left out", {"raise A → pass"}),
    "a deletion": ("del a[0]", "statement left out", {"del a[0] → pass"}),
    "an assignment": ("self.a = 1", "statement left out", {"self.a = 1 → pass"}),
    "a return": ("return a", "nothing returned", {"return a → return None"}),
    "an early end": ("return", "return left out", {"return → pass"}),
    "the last argument": ("x = a(b, c)", "argument left out", {"a(b, c) → a(b)"}),
    "a named argument": ("x = a(b, c=d)", "argument left out", {"a(b, c=d) → a(b)"}),
    "a handler": (
        "try: a()\n    except B: c()",
        "handler left out",
        {"c() → raise"},
    ),
    "a loop's end": ("for a in b:\n        break", "loop not ended", {"break → continue"}),
    "a loop's going on": ("for a in b:\n        continue", "loop ended", {"continue → break"}),
}


@pytest.mark.parametrize("case", BODIES)
def test_a_mistake_is_never_made(case: str) -> None:
    body, kind, expected = BODIES[case]
    assert changes(f"def f():\n    {body}\n", kind) == expected


SILENT = '''"""Docstring 1."""
from __future__ import annotations
TYPE_CHECKING = False
if TYPE_CHECKING:
    from a import B
    C = 1
class D:
    """Docstring 2."""
    e: dict[str, 3]
    def f(self, g: h[4], *, i: j = None) -> k[5]:
        """Docstring 6."""
        l: m[7] = n
        return None
'''


def test_a_mistake_is_made_in_what_does_not_run() -> None:
    assert changes(SILENT) == {"l: m[7] = n → pass"}


def test_a_default_is_no_part_of_its_function() -> None:
    [up, down] = mutants("m", "m.py", "class A:\n    def f(self, *, b=1):\n        return None\n")
    assert (up.where, up.change, down.change) == ("A.f", "1 → 2", "1 → 0")


def test_a_mutant_is_known_by_its_line() -> None:
    """What is written above moves no mutant to another name, and equal changes are told apart."""
    source = "def f(a):\n    return a < 1 or a < 1\n"
    names = [each.name for each in mutants("m", "m.py", source)]
    moved = [each.name for each in mutants("m", "m.py", f"import os\n\n\n{source}")]
    assert names == moved
    assert len(set(names)) == len(names)
    assert ("m", "f", "a < 1 → (a <= 1)", 2) in names


def test_a_changed_part_binds_otherwise_than_it_reads() -> None:
    """`not` before a whole condition, left out inside a larger one, must not regroup it."""
    [found] = [
        each
        for each in mutants("m", "m.py", "x = a and not (b or c)\n")
        if each.change == "not (b or c) → (b or c)"
    ]
    assert found.source == "x = a and (b or c)\n"


def test_a_diff_shows_other_lines_than_those_that_differ() -> None:
    source = "def f(서울):\n    '한국'\n    return (서울\n            < 1)\n"
    found = next(each for each in mutants("m", "m.py", source) if each.kind == "comparison")
    assert found.diff(source) == ["-    return (서울", "-            < 1)", "+    return ((서울 <= 1))"]
    assert (found.first, found.last) == (3, 4)


@pytest.fixture(scope="module")
def everything() -> list[Mutant]:
    return [
        each
        for module, path in DECISION.sources.items()
        for each in mutants(module, path, DECISION.source(module))
    ]


def test_a_mutant_of_the_decision_code_is_no_program_or_the_same_one(everything: list[Mutant]) -> None:
    assert len(everything) > 1000
    assert {each.module for each in everything} == set(DECISION.sources)
    for module in DECISION.sources:
        sources = [each.source for each in everything if each.module == module]
        assert len({*sources, DECISION.source(module)}) == len(sources) + 1
    for each in everything[::10]:
        ast.parse(each.source)


def test_two_mutants_share_a_name(everything: list[Mutant]) -> None:
    assert len({each.name for each in everything}) == len(everything)
