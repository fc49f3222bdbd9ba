"""The entry point refuses when anything at all goes wrong, and imports next to nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway_interceptor import handler as entry
from gateway_interceptor.handler import handler
from gateway_interceptor.interceptor import Interceptor
from gateway_interceptor.last_resort import refuse
from tests.functions.interceptor.tokens import Signer
from tests.functions.interceptor.world import ENVIRONMENT, World, call, method, refused, request

LAMBDA = Path(__file__).resolve().parents[3] / "lambda"


class Broken:
    """A part of the interceptor with a bug."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self, *_: Any, **__: Any) -> Any:
        raise self.error

    verify = record = __call__


ERRORS = [
    ValueError("canary"),
    KeyError("canary"),
    RecursionError("canary"),
    MemoryError("canary"),
    UnicodeEncodeError("utf-8", "canary", 0, 1, "canary"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("part", ["_tokens", "_clock", "_timer", "_log", "_policy"])
def test_a_bug_in_any_part_refuses_without_a_word_of_it(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    part: str,
    error: Exception,
) -> None:
    assert isinstance(world.intercept, Interceptor)
    setattr(world.intercept, part, Broken(error))
    monkeypatch.setattr(entry, "_intercept", world.intercept)
    answer = handler(request(call(), world.token()), None)
    status, code, request_id = refused(answer)
    assert (status, code, request_id) == (500, -32603, 7)
    printed = capsys.readouterr()
    lines = [json.loads(line) for line in [*world.output, *printed.out.splitlines()]]
    assert [(line["effect"], line["reason"]) for line in lines][-1] == ("deny", "internal")
    assert "canary" not in json.dumps([answer, lines]) + printed.err


def test_it_answers_even_if_nothing_can_be_written() -> None:
    for event in (None, {}, {"mcp": 5}, request(call(), None)):
        assert refused(refuse(event, ValueError("canary"), Broken(OSError("full"))))[:2] == (500, -32603)
    assert "http" in refuse({"http": {}}, ValueError("x"), Broken(OSError("full")))


def test_it_is_built_once_from_the_environment_and_fails_closed_without(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The repository holds no policy.json: it is staged at synth, and without it nothing passes."""
    monkeypatch.setattr(entry, "_intercept", None)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    assert refused(handler(request(method("tools/list"), None), None)) == (500, -32603, 7)
    built = entry._intercept
    handler(request(call(), None), None)
    assert entry._intercept is built
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {(line["reason"], line["detail"]) for line in lines} == {("policy_unavailable", "missing")}


def test_it_decides_from_the_staged_asset_alone(tmp_path: Path, signer: Signer) -> None:
    """Runs the asset as Lambda does: another process, only the package and policy.json, isolated Python."""
    import shutil

    from tests.functions.interceptor.world import POLICY

    package = tmp_path / "gateway_interceptor"
    shutil.copytree(LAMBDA / "gateway_interceptor", package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "policy.json").write_text(json.dumps(POLICY))
    program = (
        f"import sys, json; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from gateway_interceptor.handler import handler\n"
        "event = json.load(sys.stdin)\n"
        "print(json.dumps(handler(event, None)))\n"
    )
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program],
        input=json.dumps(request(method("tools/list"), None)),
        capture_output=True,
        text=True,
        check=True,
        env=ENVIRONMENT,
    )
    decision, answer = (json.loads(line) for line in result.stdout.splitlines())
    assert decision["reason"] == "policy_engine_listing"
    assert answer["mcp"]["transformedGatewayRequest"]["body"]["method"] == "tools/list"


def test_a_cold_start_imports_nothing_heavy() -> None:
    """Counts modules, not milliseconds: each of these costs more than the whole package."""
    program = (
        f"import sys; sys.path.insert(0, {str(LAMBDA)!r})\n"
        "import json, os; before = set(sys.modules)\n"
        "import gateway_interceptor.handler\n"
        "print(*sorted(name for name in set(sys.modules) - before if not name.startswith('gateway_')))"
    )
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True
    )
    assert set(result.stdout.split()) <= {"__future__", "binascii", "hashlib", "_hashlib", "_blake2"}


def test_only_the_standard_library_is_used() -> None:
    import ast

    for file in (LAMBDA / "gateway_interceptor").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            modules = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            for module in modules:
                top = module.split(".")[0]
                assert top == "gateway_interceptor" or top in sys.stdlib_module_names, file.name
