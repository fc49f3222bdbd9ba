"""`./airside generate`: the committed files that are made from others, written again or held against them."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from cli.options import ROOT
from cli.outcome import CLEAN, FOUND, Failure, show


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file has drifted")
    parser.add_argument(
        "--requirements", action="store_true", help="pin the requirements again (needs the package index)"
    )


def files() -> dict[str, str]:
    """Path → content of every generated file of the project's own."""
    from cli import check_pages, limit_table
    from governance.schemas import DOCUMENTS
    from review import schema as access_schema

    made = {
        f"docs/generated/schemas/{kind}.schema.json": json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
        for kind, schema in DOCUMENTS.items()
    }
    made["docs/generated/schemas/access-model.schema.json"] = (
        json.dumps(access_schema.schema(), ensure_ascii=False, indent=2) + "\n"
    )
    made["docs/generated/commands.md"] = _commands()
    made["docs/generated/limits.md"] = limit_table.page()
    made.update(check_pages.pages())
    made["review/known_interceptors.json"] = _known_interceptors()
    return made


def assembled(cdk_out: Path) -> dict[str, str]:
    """Path → content of every file that is made from the project's synthesized assembly."""
    from cli import feature_flags, iam_tables

    lock = ROOT / feature_flags.LOCK
    reasons = feature_flags.read(lock)["flags"] if lock.is_file() else {}
    flags = feature_flags.render(feature_flags.found(cdk_out, reasons))
    return {**iam_tables.pages(cdk_out), feature_flags.LOCK: flags}


def _from_assembly() -> dict[str, str]:
    from cli import assembly

    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "cdk.out"
        assembly.synthesize(ROOT, output)
        return assembled(output)


def _known_interceptors() -> str:
    """The hash of this release's interceptor beside those of earlier ones: only of these the review knows what
    they decide."""
    from governance.names import INTERCEPTOR
    from review.collect import interceptors
    from stacks.assets import Assets

    known = dict(interceptors.known()) if interceptors.KNOWN.is_file() else {}
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    with tempfile.TemporaryDirectory() as folder:
        asset = Assets((ROOT,), Path(folder)).interceptor(INTERCEPTOR, {})
        known[version] = interceptors.code_hash(asset, INTERCEPTOR)
    return json.dumps(known, indent=2, sort_keys=True) + "\n"


def _commands() -> str:
    """Every command's help, as its user sees it."""
    from cli.__main__ import COMMANDS

    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", "NO_COLOR": "1"}
    environment.pop("AIRSIDE_PROJECT", None)
    parts = ["# Commands\n", "What `--help` prints; written by `./airside generate`.\n"]
    for words in ([], *([name] for name in COMMANDS)):
        result = subprocess.run(
            [sys.executable, "-m", "cli", *words, "--help"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        title = " ".join(["./airside", *words])
        parts.append(f"## `{title}`\n\n```text\n{result.stdout.rstrip()}\n```\n")
    return "\n".join(parts)


def run(arguments: argparse.Namespace) -> int:
    if arguments.requirements:
        _pin()
        return CLEAN
    drifted = []
    for name, content in {**files(), **_from_assembly()}.items():
        path = ROOT / name
        if path.is_file() and path.read_text(encoding="utf-8") == content:
            continue
        drifted.append(name)
        if not arguments.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
    for name in drifted:
        show(f"{'drifted' if arguments.check else 'written'}: {name}")
    return FOUND if drifted and arguments.check else CLEAN


def _pin() -> None:
    """Compiles pyproject.toml into hashed requirement files; the test set extends the base set unchanged."""
    common = ["--universal", "--generate-hashes", "--python-version", "3.11", "--quiet"]
    stated = ["--custom-compile-command", "./airside generate --requirements"]
    _uv("pyproject.toml", *common, *stated, "-o", "requirements.txt")
    _uv(
        "pyproject.toml",
        "--extra",
        "dev",
        "-c",
        "requirements.txt",
        *common,
        *stated,
        "-o",
        "requirements-dev.txt",
    )


def _uv(*words: str) -> None:
    uv = Path(sys.executable).with_name("uv")
    if not uv.is_file():
        raise Failure(
            "pinning needs uv in .venv, which the set-up could not install. Check the package index."
        )
    if subprocess.run([str(uv), "pip", "compile", *words], cwd=ROOT, check=False).returncode:
        raise Failure("pinning failed; see the messages above.")
