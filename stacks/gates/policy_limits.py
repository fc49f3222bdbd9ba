"""What a policy engine and resource policies take (contracts §11)."""

from __future__ import annotations

from stacks.gates.limit import Broken, Limit, long, per_parent, siblings
from stacks.gates.templates import StageTemplates

_CORE = "AWS::BedrockAgentCore::"
_POLICY = f"{_CORE}Policy"

MAX_ENGINE = 200_000


def _engine_sizes(stage: StageTemplates) -> Broken:
    for policies in siblings(stage, _POLICY, "PolicyEngineId"):
        size = sum(len(each.text(each.get("Definition.Cedar.Statement"))) for each in policies)
        if size > MAX_ENGINE:
            yield policies[-1], "Definition", f"brings its engine's policies to {size} characters."


POLICY: tuple[Limit, ...] = (
    per_parent(
        "policies-per-engine",
        "An engine takes 1000 policies.",
        "Grant fewer tools with rules, or make two systems of it.",
        1000,
        _POLICY,
        "PolicyEngineId",
    ),
    long(
        "policy-statement",
        "A policy takes 35 to 10000 characters.",
        "Split the policy, or shorten its rules.",
        10_000,
        (_POLICY, "Definition.Cedar.Statement"),
        least=35,
    ),
    Limit(
        "policies-size",
        f"A gateway takes {MAX_ENGINE} characters of policies.",
        "Grant or constrain less, or make two systems of it.",
        _engine_sizes,
    ),
    long(
        "resource-policy-size",
        "A resource policy takes 20480 characters.",
        "Shorten the policy.",
        20_480,
        (f"{_CORE}ResourcePolicy", "Policy"),
    ),
)
