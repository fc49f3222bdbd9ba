"""Every attack, as data: those that any system can be sent, and those made from one system's grants."""

from __future__ import annotations

from attacks.callers import CALLER_ATTACKS
from attacks.calls import CALL_ATTACKS
from attacks.framing import FRAMING_ATTACKS
from attacks.grants import grant_attacks
from attacks.messages import MESSAGE_ATTACKS
from attacks.model import Attack, Context
from attacks.tokens import TOKEN_ATTACKS
from attacks.users import USER_ATTACKS, possible

ATTACKS: tuple[Attack, ...] = (
    *CALLER_ATTACKS,
    *TOKEN_ATTACKS,
    *CALL_ATTACKS,
    *MESSAGE_ATTACKS,
    *USER_ATTACKS,
)
"""Attacks that need no server to be told: the interceptor alone must refuse them."""


def every_attack(context: Context) -> tuple[Attack, ...]:
    """All attacks on a gateway that serves the system of this context."""
    fitting = (attack for attack in ATTACKS if possible(attack, context))
    return (*fitting, *FRAMING_ATTACKS, *grant_attacks(context))
