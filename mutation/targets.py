"""What is mutated, and which tests are to notice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Project:
    """Where the sources and their tests are, all below `root`.

    `sources`: import name → file. `tests`: the folder whose tests may notice. `first`: import name → the tests
    that know the module best, which are run before the others.
    """

    root: Path
    sources: Mapping[str, str]
    tests: str
    first: Mapping[str, tuple[str, ...]]

    def source(self, module: str) -> str:
        return (self.root / self.sources[module]).read_text(encoding="utf-8")


_PACKAGE = "gateway_interceptor"
_TESTS = "tests/functions/interceptor"
_KNOW_BEST = {
    "access_token": ("access_token", "token_memory", "user_keys"),
    "argument_rules": ("argument_rules", "policy_rules"),
    "base64url": ("rsa", "access_token"),
    "decide": ("decisions", "decide"),
    "jwks": ("jwks", "user_keys"),
    "policy": ("policy", "policy_rules", "shadows"),
    "rsa": ("rsa",),
    "users": ("user_keys", "users"),
}
DECISION = Project(
    root=ROOT,
    sources={f"{_PACKAGE}.{name}": f"lambda/{_PACKAGE}/{name}.py" for name in _KNOW_BEST},
    tests=_TESTS,
    first={
        f"{_PACKAGE}.{name}": tuple(f"{_TESTS}/test_{test}.py" for test in tests)
        for name, tests in _KNOW_BEST.items()
    },
)
"""The code that decides about a request: who calls, for whom, and what the policy says."""
