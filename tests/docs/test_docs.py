"""Documentation that cannot drift: generated files, links, commands, and words that do not belong."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from cli import iam_tables
from cli.__main__ import COMMANDS
from cli.generate import files

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FOLDERS = ("access", "cli", "docs", "governance", "localcloud", "mutation", "review", "stacks", "tests")
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.fixture(scope="session")
def generated() -> dict[str, str]:
    """Made once: it starts every command."""
    return files()


def test_a_generated_file_is_what_its_source_says(generated: dict[str, str]) -> None:
    missing = [name for name in generated if not (ROOT / name).is_file()]
    assert missing == [], "run ./airside generate"
    drifted = [name for name, made in generated.items() if (ROOT / name).read_text(encoding="utf-8") != made]
    assert drifted == [], "run ./airside generate"


def test_no_generated_file_is_left_of_an_earlier_source(generated: dict[str, str]) -> None:
    there = [
        path.relative_to(ROOT).as_posix()
        for folder in ("docs/generated", "docs/checks")
        for path in (ROOT / folder).rglob("*.*")
    ]
    # What is made from the assembly has a test of its own (test_iam_tables.py).
    left = [name for name in there if name not in generated and not name.startswith(f"{iam_tables.FOLDER}/")]
    assert left == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_command_has_a_line_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    hidden = {"generate"}  # for contributors; CONTRIBUTING.md tells of it
    assert [name for name in COMMANDS if name not in hidden and f"./airside {name}" not in readme] == []


def test_commands_in_the_pages_exist() -> None:
    named = {
        word
        for page in PAGES
        for word in re.findall(r"\./airside ([a-z]+)\b", page.read_text(encoding="utf-8"))
    }
    assert named - set(COMMANDS) == set()


def test_every_option_is_explained(generated: dict[str, str]) -> None:
    help_texts = generated["docs/generated/commands.md"]
    bare = [line for line in help_texts.splitlines() if re.fullmatch(r"  --[a-z-]+( [A-Z]+)?", line)]
    # An option whose text starts on the next line is explained there.
    lines = help_texts.splitlines()
    assert [line for line in bare if not re.match(r" {10,}\S", lines[lines.index(line) + 1])] == []


def test_every_stand_in_has_its_page_of_choices() -> None:
    index = (ROOT / "docs" / "fidelity.md").read_text(encoding="utf-8")
    assert [
        page.name for page in (ROOT / "docs/fidelity").glob("*.md") if f"fidelity/{page.name}" not in index
    ] == []


def test_no_two_decisions_share_a_number() -> None:
    numbers = [int(path.name[:4]) for path in (ROOT / "docs/decisions").glob("*.md")]
    assert len(numbers) == len(set(numbers))


def test_the_project_names_no_other_workplace() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    words = ("/work/" + "main", "/root" + "/", "pypi" + ".org", "registry" + ".npmjs", "deb." + "debian.org")
    found = []
    for name in tracked:
        path = ROOT / name
        if path.is_file() and path.suffix in {".py", ".md", ".yaml", ".toml", ".txt", ".json", ""}:
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [f"{name}: {word}" for word in words if word in text]
    assert found == []


def test_the_package_starts_without_a_network_or_a_home() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "cli", "--help"],
        cwd=ROOT,
        env={"PATH": "", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, "COMMAND" in result.stdout) == (0, True)


def test_a_page_names_a_heading_a_file_or_an_option_that_is_not_there(generated: dict[str, str]) -> None:
    """What links do not tell: `#anchors`, `tests/…` and other paths in backticks, `--options` of our commands."""
    found = []
    options = set(re.findall(r"--[a-z][a-z-]+", generated["docs/generated/commands.md"]))
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for link, anchor in re.findall(r"\]\(([^)#\s]*)#([^)\s]+)\)", text):
            there = page.parent / link if link else page
            if "://" not in link and anchor not in headings(there):
                found.append(f"{page.name}: {link}#{anchor}")
        for path in map("".join, re.findall(rf"`({'|'.join(FOLDERS)})(/[\w./-]+)(?:::\w+)?`", text)):
            if not (ROOT / path).exists():
                found.append(f"{page.name}: {path}")
        for words in re.findall(r"\./airside (?!test|bench)([^`\n#|]+)", text):
            found += [
                f"{page.name}: {word}"
                for word in re.findall(r"(?<!\S)--[a-z][a-z-]+", words)
                if word not in options
            ]
    assert found == []


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as a repository's pages are shown."""
    lines = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", re.sub(r"\]\([^)]*\)", "", line.lower())).replace(" ", "-") for line in lines
    }
