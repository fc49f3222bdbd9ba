# ruff: noqa: E501
from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.model import PlaybookError, load_playbook
from tests.local.model.support import ENTITIES, LIBRARIAN, PHRASES, REQUESTS, write_library


def problems(tmp_path: Path, **changed: str) -> list[str]:
    with pytest.raises(PlaybookError) as caught:
        load_playbook(write_library(tmp_path, **changed))
    return caught.value.problems


def test_a_sound_playbook_is_refused(tmp_path: Path) -> None:
    playbook = load_playbook(write_library(tmp_path))
    assert sorted(playbook.agents) == ["librarian"]
    assert playbook.languages == ("en", "ko")


def test_only_the_first_problem_is_reported(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        entities=ENTITIES.replace("kind: date}", "kind: dates}").replace(
            "ignore: [it, it is it]", "ignores: []"
        ),
        librarian=LIBRARIAN.replace("is: lend", "is: borrow") + "extra: 1\n",
        requests=REQUESTS.replace("needs: [book", "needs: [volume"),
    )
    text = "\n".join(found)
    for part in (
        "'dates' is none of",
        "unknown key 'ignores'",
        "'borrow' is no request",
        "unknown key 'extra'",
    ):
        assert part in text


def test_a_problem_does_not_tell_its_line(tmp_path: Path) -> None:
    text = LIBRARIAN.replace("        as: found\n", "        as: found\n        retry: 3\n")
    line = text.splitlines().index("        retry: 3") + 1
    assert f"playbook/librarian.yaml:{line}: unknown key 'retry'" in "\n".join(
        p for p in problems(tmp_path, librarian=text)
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("librarian", 'say: "Not there."', 'say: "{{ unclosed"', "is not a template"),
        ("librarian", 'when: "not results', 'when: "not )results', "is not an expression"),
        ("librarian", "'\\bmany\\b'", "'(many'", "not a regular expression"),
        ("librarian", "'\\bmany\\b'", "'{author}'", "{author} is no entity"),
        ("librarian", "as: lent", "as: found", "two calls are named 'found'"),
        ("librarian", "call: catalog___find\n        as: found", "call: a b\n        as: found", "is no tool name"),
        ("librarian", '      - say: "got', '      - let: {x: 1}\n      - tell: "got', "a step has exactly one of"),
        ("librarian", '{en: "I lend books.", ko: "책을 빌려드립니다."}', '{en: "I lend books."}', "key 'ko' is missing"),
        ("librarian", "agent: librarian", "agent: archivist", "named after another agent"),
        ("librarian", "optional: true", "optional: maybe", "true or false is expected"),
        ("requests", "ask: {en", "asks: {en", "has no question"),
        ("requests", "context: reader", "context: writer", "is not read from the system prompt"),
        ("requests", "entity: book", "entity: author", "is no entity"),
        ("requests", "rest: first, ask", "rest: middle, ask", "is none of: first, last"),
        ("requests", "match: ['\\blend\\b', '빌려']", "at_least: few", "whole number is expected"),
        ("entities", "(R\\d+)", "R\\d+", "exactly one group"),
        ("entities", "../data/books.json", "../data/none.json", "cannot be read"),
        ("entities", "../data/books.json", "../../../../etc/passwd", "outside the system's own folder"),
        ("entities", "value: isbn", "value: id", "all have 'id'"),
        ("entities", "kind: table", "kind: words", "needs the key 'words'"),
        ("entities", "  ordinal: {kind: ordinal}", "  ordinal: {kind: ordinal, upper: true}", "has no meaning"),
        ("entities", "ko: 'Answer in Korean'", "fr: 'Answer in French'", "not among the playbook's languages"),
        ("entities", "languages: [en, ko]", "languages: [en, ko]\nlanguages: [en]", "is written twice"),
        ("phrases", '  unreadable: "unreadable"\n', "", "key 'unreadable' is missing"),
        ("phrases", "{% endmacro %}", "", "is not a template"),
        ("phrases", "messages:", "messages: [", "is not YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_loaded(tmp_path: Path, file: str, old: str, new: str, expected: str) -> None:
    files = {"entities": ENTITIES, "phrases": PHRASES, "requests": REQUESTS, "librarian": LIBRARIAN}
    assert old in files[file]
    found = problems(tmp_path, **{file: files[file].replace(old, new, 1)})
    assert any(expected in problem for problem in found), found


def test_a_rule_without_an_answer_is_loaded(tmp_path: Path) -> None:
    text = LIBRARIAN.replace('      - say: "got {{ results.found.text }}"\n', "")
    assert "the last step must be a 'say' without 'when'" in "\n".join(problems(tmp_path, librarian=text))


def test_a_missing_shared_file_is_taken_for_an_empty_one(tmp_path: Path) -> None:
    folder = write_library(tmp_path)
    (folder / "phrases.yaml").unlink()
    with pytest.raises(PlaybookError, match=r"phrases\.yaml:1: is missing"):
        load_playbook(folder)
