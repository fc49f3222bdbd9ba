"""The traps of the library's own AgentCore constructs (contracts §12.2): seen where planted, and nowhere else.

Number 21 is a notice of the runtime and 22 the linter's own ability; both stand at the end.
"""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.load import load_project
from review.reader import read_assembly
from stacks.gates.limits import findings
from stacks.gates.templates import StageTemplates
from stacks.node import use_pinned_node
from tests.assembly_fixture import KINDS, LIBRARY, ROOT
from tests.stacks.gates import planted_l2
from tests.stacks.gates.traps import TRAPS, Subject

# One worker synthesizes the planted application, and reads the assemblies.
pytestmark = [pytest.mark.xdist_group("traps"), pytest.mark.long]

OURS = {"assembly": ROOT, "kinds_assembly": KINDS, "library_assembly": LIBRARY}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return planted_l2.synthesize_planted(tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="module")
def trapped(planted: Path) -> Subject:
    (stage,) = read_assembly(planted)
    return Subject(stage)


@pytest.fixture(scope="module")
def ours(request: pytest.FixtureRequest) -> dict[str, Subject]:
    """Every stage of every project in the repository."""
    folders = [request.getfixturevalue(name) for name in OURS]
    return {stage.name: Subject(stage) for folder in folders for stage in read_assembly(folder)}


@pytest.mark.parametrize("name", TRAPS)
def test_no_stage_falls_into_a_trap_of_the_library(
    name: str, trapped: Subject, ours: dict[str, Subject]
) -> None:
    check = TRAPS[name]
    assert list(check(trapped)), "the planted application no longer shows the trap: the check proves nothing"
    assert {stage: found for stage, subject in ours.items() if (found := list(check(subject)))} == {}


def test_every_environment_is_looked_at(ours: dict[str, Subject]) -> None:
    expected = {
        f"{system.name}-{environment.name}"
        for project in map(load_project, OURS.values())
        for system in project.systems
        for environment in project.environments
    }
    # Besides, an environment may have a stage of its account's settings.
    assert expected <= set(ours)


def moving(subject: Subject) -> Iterator[str]:
    """13: agents whose endpoint follows every deployment."""
    for endpoint in subject.of("RuntimeEndpoint"):
        version = str(endpoint.properties.get("AgentRuntimeVersion"))
        if version.startswith("${"):
            (runtime,) = subject.stage.mentioned(version)
            yield str(runtime.notes.get("Agent") or runtime.notes.get("Server") or "")


def test_an_endpoint_follows_deployments_only_where_the_environment_pins_nothing(
    trapped: Subject, ours: dict[str, Subject]
) -> None:
    assert list(moving(trapped)) == [""]
    for folder in OURS.values():
        project = load_project(folder)
        for system in project.systems:
            for environment in project.environments:
                hosting, servers = environment.runtime, {target.runtime for target in system.targets}
                free = {
                    *(
                        agent.name
                        for agent in system.agents
                        if not hosting.of(system.name, agent.name).version
                    ),
                    *(name for name in servers if name and not hosting.of_server(system.name, name).version),
                }
                assert set(moving(ours[f"{system.name}-{environment.name}"])) == free


def test_what_the_library_does_not_check_is_checked(planted: Path) -> None:
    """18: duplicate targets, odd tool names and schemas that are no objects synthesize without a word."""
    stage = StageTemplates.read(sorted(planted.glob("*.template.json")))
    found = {(finding.rule, finding.resource.logical_id) for finding in findings(stage) if finding.resource}
    rules = {rule for rule, _ in found}
    assert {"target-unique", "tool-name", "tool-schema-object", "memory-namespace"} <= rules


def high_level(path: Path) -> set[str]:
    """19: constructs of the library's AgentCore module in a file that are no typed L1."""
    used = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "agentcore"
        ):
            used.add(node.attr)
        elif isinstance(node, ast.ImportFrom) and node.module == "aws_cdk.aws_bedrockagentcore":
            used |= {alias.name for alias in node.names}
    return {name for name in used if not name.startswith("Cfn")}


def test_the_stacks_use_typed_l1s_only() -> None:
    """Sessions, payload filters, rate limits and more exist there only; and an L2 grants what nobody asked for."""
    assert {"Gateway", "Runtime", "Memory"} <= high_level(Path(planted_l2.__file__))
    used = {path.name: found for path in (ROOT / "stacks").rglob("*.py") if (found := high_level(path))}
    assert used == {}


def test_the_pinned_node_is_one_that_the_library_has_no_notice_about() -> None:
    """21: the shared assemblies must have been synthesized without a word; an old release prints a banner."""
    version = subprocess.run(
        [use_pinned_node(), "--version"], capture_output=True, text=True, check=True
    ).stdout
    assert int(version.removeprefix("v").split(".")[0]) >= 22
