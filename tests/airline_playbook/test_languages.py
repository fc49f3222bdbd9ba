"""The playbook speaks what the system declares."""

from __future__ import annotations

from agent_common.languages import LANGUAGES
from governance.load import AIRSIDE_ROOT, load_project
from localcloud.model import Playbook


def test_a_declared_language_is_answered_in_another(rules: Playbook) -> None:
    declared = load_project(AIRSIDE_ROOT).system("airline").languages
    assert rules.languages == declared
    for code in declared:
        said = f"Answer in {LANGUAGES[code].name}."
        assert [found for found, pattern in rules.answer_language.items() if pattern.search(said)] == [code]
