"""The directions imports may take, file sizes, and what only one module may know."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("governance", "stacks", "localcloud", "cli", "review", "console", "attacks", "mutation")
LAMBDA = sorted(path.name for path in (ROOT / "lambda").iterdir() if (path / "__init__.py").is_file())
AGENTS = sorted(path.name for path in (ROOT / "agent_src").iterdir() if (path / "__init__.py").is_file())
EVERYTHING = {*OURS, *LAMBDA, *AGENTS}
SOURCES = (*OURS, "lambda", "agent_src", "systems", "bench", "tests")
MAX_LINES = 300


def python_files(*folders: str) -> list[Path]:
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if not {"__pycache__", ".airside"} & set(path.parts)
    )


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes())


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        yield from imported(node)


def imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name.split(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        yield node.module.split(".")[0]


def modules(path: Path) -> Iterator[str]:
    """What is imported, with its whole name."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def foreign(folder: str, *allowed: str) -> list[str]:
    """Imports of our own packages that a folder may not have."""
    found = []
    for path in python_files(folder):
        for name in imports(path):
            if name in EVERYTHING and name not in allowed:
                found.append(f"{path.relative_to(ROOT)} imports {name}")
    return found


def test_governance_imports_nothing_of_ours_and_no_aws() -> None:
    assert foreign("governance", "governance") == []
    outside = {
        "aws_cdk",
        "constructs",
        "boto3",
        "botocore",
        "httpx",
        "socket",
        "datetime",
        "time",
        "urllib",
        "os",
    }
    used = {(path.name, name) for path in python_files("governance") for name in imports(path)}
    assert [pair for pair in used if pair[1] in outside] == []


def test_stacks_import_governance_only() -> None:
    assert foreign("stacks", "stacks", "governance") == []


def test_the_local_platform_reads_assemblies_and_imports_nobody() -> None:
    assert foreign("localcloud", "localcloud") == []
    assert [path for path in python_files("localcloud") if "aws_cdk" in imports(path)] == []


@pytest.mark.parametrize("folder", ["functions/child", "nursery/child"])
def test_what_runs_inside_a_function_or_an_agent_imports_what_that_would_see(folder: str) -> None:
    files = python_files(f"localcloud/{folder}")
    for path in files:
        module = ast.parse(path.read_bytes())  # one of its own: it is changed
        for node in ast.walk(module):
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                node.body = []
        used = {name for node in ast.walk(module) for name in imported(node)}
        assert used <= {*sys.stdlib_module_names, *(each.stem for each in files)}, path


def test_the_review_reads_assemblies_and_imports_pure_code_only() -> None:
    assert foreign("review", "review", "governance") == []
    # What Cedar means is said once; what was declared must never reach the model of what was synthesized.
    borrowed = {
        name for path in python_files("review") for name in modules(path) if name.startswith("governance")
    }
    assert borrowed == {
        *("governance.cedar_guard", "governance.cedar_schema"),
        *("governance.openapi", "governance.smithy"),
    }
    outside = {"aws_cdk", "boto3", "botocore", "subprocess", "socket", "httpx", "moto"}
    used = {(path.name, name) for path in python_files("review") for name in imports(path)}
    assert [pair for pair in used if pair[1] in outside] == []


def test_attacks_import_nothing_of_what_they_attack() -> None:
    assert foreign("attacks", "attacks") == []
    allowed = {"attacks", "cryptography", "joserfc", *sys.stdlib_module_names}
    assert {name for path in python_files("attacks") for name in imports(path)} - allowed == set()


def test_the_mutation_test_imports_nothing_of_what_it_changes() -> None:
    """An imported module could not be changed any more (mutation/runner.py says so at run time too)."""
    assert foreign("mutation", "mutation") == []


@pytest.mark.parametrize("package", LAMBDA)
def test_a_function_imports_itself_the_common_package_and_the_standard_library(package: str) -> None:
    allowed = {package, "lambda_common", "boto3", "botocore", *sys.stdlib_module_names}
    if package == "gateway_interceptor":
        allowed -= {"boto3", "botocore", "lambda_common"}
    used = {name for path in python_files(f"lambda/{package}") for name in imports(path)}
    assert used - allowed == set()


@pytest.mark.parametrize("package", AGENTS)
def test_an_agent_imports_itself_and_the_common_package(package: str) -> None:
    assert foreign(f"agent_src/{package}", package, "agent_common") == []


@pytest.mark.parametrize("folder", ["lambda", "agent_src", "governance", "stacks"])
def test_deployed_code_never_asks_whether_it_runs_locally(folder: str) -> None:
    words = ("is_local", "IS_LOCAL", "localcloud", "LOCALSTACK", "AWS_SAM_LOCAL")
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in python_files(folder)
        for word in words
        if word in path.read_text(encoding="utf-8")
    ]
    assert found == []


@pytest.mark.parametrize(
    "folder",
    [
        "governance",
        "stacks",
        "localcloud",
        "review",
        "cli",
        "attacks",
        "mutation",
        "lambda/gateway_interceptor",
        "lambda/lambda_common",
        "agent_src/agent_common",
    ],
)
def test_nothing_of_one_system_is_written_into_the_common_code(folder: str) -> None:
    words = ("airline", "booking", "loyalty", "flights", "customer-mcp", "C1001")
    allowed = {
        # The default of --system, and the examples in help texts.
        ("cli/options.py", "airline"),
        ("cli/__main__.py", "booking"),
        ("cli/__main__.py", "loyalty"),
        ("cli/__main__.py", "flights"),
        ("cli/__main__.py", "customer-mcp"),
        ("cli/__main__.py", "C1001"),
    }
    found = set()
    for path in python_files(folder):
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                said = {(name, word) for word in words if word in node.value}
                found |= said if said and not _is_docstring(node, path) else set()
    assert {pair for pair in found - allowed if not _is_help(pair[0])} == set()


def _is_docstring(node: ast.Constant, path: Path) -> bool:
    line = path.read_text(encoding="utf-8").splitlines()[node.lineno - 1].strip()
    return line.startswith('"""')


def _is_help(name: str) -> bool:
    """Commands show examples of the main system in their help."""
    return name.startswith("cli/")


def test_no_file_grows_beyond_one_idea() -> None:
    folders = (
        "governance",
        "stacks",
        "localcloud",
        "review",
        "cli",
        "attacks",
        "lambda",
        "agent_src",
        "systems",
        "mutation",
    )
    long = {
        str(path.relative_to(ROOT)): lines
        for path in python_files(*folders)
        if (lines := len(path.read_bytes().splitlines())) > MAX_LINES
    }
    assert long == {}


def test_no_package_shadows_the_standard_library() -> None:
    assert {path.name for path in ROOT.iterdir() if path.is_dir()} & set(sys.stdlib_module_names) == set()


def test_the_command_line_starts_without_the_heavy_libraries() -> None:
    heavy = ("aws_cdk", "boto3", "strands", "moto", "starlette", "yaml", "jsonschema")
    code = (
        "import sys\nfrom cli.__main__ import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[-1] == "[]"


DEFINED = re.compile(r"^(?:async def|def|class) (\w+)|^(\w+)(?:: [^=\n]+)? = ", re.MULTILINE)


def test_something_is_defined_and_used_by_nobody() -> None:
    """By names alone, so a name that is also another's goes unseen; what a decorator registers is used by it."""
    texts = {path: path.read_text(encoding="utf-8") for path in python_files(*SOURCES)}
    said = Counter(word for text in texts.values() for word in re.findall(r"\w+", text))
    unused = [
        f"{path.relative_to(ROOT)}: {name}"
        for path, text in texts.items()
        for found in DEFINED.finditer(text)
        if said[name := found[1] or found[2]] == 1
        and not name.startswith(("test_", "pytest_", "do_", "__"))
        and not text[: found.start()].rstrip().rpartition("\n")[2].startswith(("@", ")"))
    ]
    assert unused == []
