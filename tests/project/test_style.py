"""The linters' verdict, as tests, so that one command tells everything."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TYPED = [
    "governance",
    "stacks",
    "localcloud",
    "review",
    "cli",
    "attacks",
    "lambda",
    "agent_src",
    "systems",
    "tests",
    "bench",
    "mutation",
    "app.py",
]


@pytest.mark.long
@pytest.mark.parametrize(
    "words",
    [["mypy", *TYPED], ["ruff", "check", "."], ["ruff", "format", "--check", "."]],
    ids=lambda words: " ".join(words[:2]),
)
def test_the_linter_finds_nothing(words: list[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]


FROM_CDK = re.compile(r"^ *(?:import|from) (aws_cdk[\w.]*)(?: import (.*))?$", re.MULTILINE)
CDKS_OWN = re.compile(r"^    import (aws_cdk\.[\w.]+) as _", re.MULTILINE)
"""How the CDK's modules import each other, for type checkers only."""


def test_a_part_of_the_cdk_that_our_code_uses_is_unknown_to_the_type_checker() -> None:
    """What is not followed is `Any`, and of `Any` everything is true."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
    [followed] = [each["module"] for each in settings["overrides"] if each.get("follow_imports") == "normal"]
    needed = new = set(_imported())
    assert len(needed) > 10, "our code uses more of the CDK than was found"
    while new := {name for module in new for name in CDKS_OWN.findall(_source(module))} - needed:
        needed |= new
    # As mypy reads them: `a.b.*` is `a.b` and everything below.
    unknown = [name for name in needed if not any(_is_of(name, pattern) for pattern in followed)]
    assert sorted(unknown) == [], "add these to the list in pyproject.toml"


def _is_of(name: str, pattern: str) -> bool:
    return name == pattern or (pattern.endswith(".*") and f"{name}.".startswith(pattern[:-1]))


def _imported() -> Iterator[str]:
    """The CDK's modules that our code imports."""
    for part in TYPED:
        for path in [ROOT / part] if part.endswith(".py") else (ROOT / part).rglob("*.py"):
            for module, names in FROM_CDK.findall(path.read_text(encoding="utf-8")):
                inner = [f"{module}.{name.split()[0]}" for name in names.split(",") if name.strip()]
                yield from (name for name in (module, *inner) if _file(name).is_file())


def _file(module: str) -> Path:
    spec = find_spec("aws_cdk")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent.joinpath(*module.split(".")[1:], "__init__.py")


def _source(module: str) -> str:
    return _file(module).read_text(encoding="utf-8")
