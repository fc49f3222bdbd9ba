"""Packages of functions, agents and tool servers in the source roots. They are read, never run."""

from __future__ import annotations

import ast
from pathlib import Path


def find_package(roots: tuple[Path, ...], source_root: str, package: str, file: str) -> Path | None:
    """The folder of a package in the first source root that has it."""
    for root in roots:
        if (root / source_root / package / file).is_file():
            return root / source_root / package
    return None


def names_in(folder: Path) -> set[str]:
    """Functions and string constants of a package: a tool it serves must be one of them. Nothing is run."""
    found: set[str] = set()
    for path in sorted(folder.glob("*.py")):
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.add(node.name)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found
