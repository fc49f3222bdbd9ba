"""The form of an agent's optional parts (contracts §7, §8, §11)."""

from __future__ import annotations

from governance.schema_parts import Schema, choice, integer

AGENT_PARTS: dict[str, Schema] = {
    "memory": choice(
        "What it remembers once its session has ended: nothing, what was said in the session, or also what its "
        "user prefers.",
        "none",
        "short_term",
        "preferences",
    ),
    "memory_days": integer("Days after which what was said is forgotten; with a memory only.", 7, 365),
    "code_interpreter": choice(
        "Whether it may run Python that it writes, in a sandbox without a network.", "none", "sandbox"
    ),
    "browser": choice(
        "Whether it may read web pages, from the service's network or from the environment's subnets.",
        "none",
        "public",
        "vpc",
    ),
}
