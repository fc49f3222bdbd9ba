"""The page as it is committed: built from its source, small, and of its own words only."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from cli.npm import NotInstalled
from gateway_interceptor import decide, refused
from review.said import ENGLISH
from tests.console import building

LIMIT = 42_000
"""Bytes of the page as it travels to a reader of one language, as docs/console.md tells."""
WORDS = building.CONSOLE / "src" / "words"
SOURCES = [path for path in (building.CONSOLE / "src").rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        return building.workshop(tmp_path_factory.mktemp("console"))
    except NotInstalled as problem:
        pytest.skip(f"the console's build tools are not installed, and npm could not: {problem}")


def test_the_built_page_is_not_what_its_source_says(workshop: Path, tmp_path: Path) -> None:
    building.build(workshop, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        path.name: path.read_bytes() for path in building.DIST.iterdir()
    }, "run `.venv/bin/python -m tests.console.building`"


def test_the_source_has_a_type_error(workshop: Path) -> None:
    checked = building.node("node_modules/typescript/bin/tsc", "-p", ".", cwd=workshop)
    assert checked.returncode == 0, checked.stdout


def test_a_pure_module_of_the_page_does_what_it_should_not() -> None:
    """The page's own unit tests, which need no package."""
    tests = sorted((building.CONSOLE / "test").glob("*.test.ts"))
    assert len(tests) > 5
    ran = building.node("--test", "--test-reporter=tap", *tests, cwd=building.CONSOLE)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    assert re.search(r"^# tests [1-9]\d", ran.stdout, re.MULTILINE), "few tests ran"


def test_the_page_weighs_too_much() -> None:
    files = list(building.DIST.iterdir())
    weights = {path.name: len(gzip.compress(path.read_bytes(), mtime=0)) for path in files}
    words = {name: weight for name, weight in weights.items() if re.match(r"(en|ko)-", name)}
    assert sorted(path.suffix for path in files) == [".css", ".html", *[".js"] * 3]
    assert len(words) == 2
    assert sum(weights.values()) - min(words.values()) < LIMIT


def test_the_page_asks_others_or_brings_code_that_the_policy_forbids() -> None:
    page = (building.DIST / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'(?:src|href)="(?!/app-|data:image/svg)', page) == []
    assert re.findall(r"<script(?![^>]* src=)|<style| on\w+=| style=", page) == []
    for path in building.DIST.iterdir():
        text = path.read_text(encoding="utf-8")
        fetched = re.findall(r"\bimport\b[^;]{0,80}", text)
        assert [each for each in fetched if not re.match(r'import\("\./(en|ko)-\w+\.js"\)', each)] == []
        # The names of XML's own languages, and where a licence or a favicon names itself, are no requests.
        addresses = set(re.findall(r"https?://[\w.-]+", text)) - {"http://www.w3.org"}
        assert addresses == set(), path.name
        assert "sourceMappingURL" not in text
        assert str(building.ROOT) not in text


@pytest.mark.parametrize(
    "forbidden", ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"]
)
def test_the_source_makes_markup_or_code_of_text(forbidden: str) -> None:
    assert [path.name for path in SOURCES if forbidden in path.read_text(encoding="utf-8")] == []


def test_a_decision_has_a_reason_that_the_page_has_no_words_for() -> None:
    told = {value for name, value in vars(refused).items() if name.isupper()}
    told |= {decide.GRANTED, decide.SESSION, decide.ENGINE_LISTING, "rate_limited", "token_valid"}
    layers = "".join(
        (building.ROOT / "localcloud" / "gateway" / f"{name}.py").read_text(encoding="utf-8")
        for name in ("authorizer", "interceptors", "tools", "pipeline")
    )
    told |= set(re.findall(r'(?:Refusal\(|reason=|return |else )"([a-z_]+)"', layers))
    assert {"expired", "request_too_large", "denied_by_default", "listed"} < told
    family = (building.CONSOLE / "src" / "lib" / "reasons.ts").read_text(encoding="utf-8")
    known = set(re.findall(r'"reason\.(\w+)"', (WORDS / "en.ts").read_text(encoding="utf-8")))
    of_a_token = set(re.findall(r'"([a-z_]+)"', family.partition("]")[0]))
    assert {each for each in told - known - of_a_token if not each.startswith("interceptor_")} == set()
    assert known - told == {"token_refused", "interceptor_failed"}, "words for what nothing says"


def test_what_the_review_says_of_a_layer_has_no_korean() -> None:
    text = (WORDS / "ko-said.ts").read_text(encoding="utf-8")
    korean = dict(re.findall(r'^  "(\w+)": "(.+)",$', text, re.MULTILINE))
    places = re.compile(r"\{\w+\}")
    assert {code: sorted(places.findall(words)) for code, words in korean.items()} == {
        code: sorted(places.findall(words)) for code, words in ENGLISH.items()
    }


def test_the_console_knows_an_airline() -> None:
    words = re.compile(r"airline|flight|booking_|항공", re.IGNORECASE)
    assert [path.name for path in SOURCES if words.search(path.read_text(encoding="utf-8"))] == []


def test_a_file_of_the_source_is_too_long() -> None:
    texts = [
        path for path in SOURCES if path.suffix in (".ts", ".tsx", ".css") and path.parent.name != "words"
    ]
    assert [path.name for path in texts if len(path.read_text(encoding="utf-8").splitlines()) > 300] == []


def test_the_lock_names_no_registry_and_pins_every_package_by_hash() -> None:
    lock = json.loads(building.PINS[1].read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if not entry["integrity"].startswith("sha512-")] == []
    pinned = json.loads(building.PINS[0].read_text(encoding="utf-8"))
    for name, version in {**pinned["dependencies"], **pinned["devDependencies"]}.items():
        assert packages[f"node_modules/{name}"]["version"] == version


def test_a_picture_of_the_readme_is_missing_too_heavy_or_shown_nowhere() -> None:
    folder = building.ROOT / "docs" / "images"
    shown = re.findall(
        r"!\[[^\]]+\]\(docs/images/([\w-]+\.png)\)", (building.ROOT / "README.md").read_text("utf-8")
    )
    assert sorted(shown) == sorted(path.name for path in folder.iterdir())
    assert [path.name for path in folder.iterdir() if path.stat().st_size >= 150_000] == []
