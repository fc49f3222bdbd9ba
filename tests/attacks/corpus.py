"""Every attack, as data. See `tests.attacks.model` for how to run them against a URL."""

from __future__ import annotations

from tests.attacks.call_attacks import CALL_ATTACKS
from tests.attacks.caller_attacks import CALLER_ATTACKS
from tests.attacks.model import Attack
from tests.attacks.token_attacks import TOKEN_ATTACKS
from tests.attacks.users import USER_ATTACKS

ATTACKS: tuple[Attack, ...] = (*CALLER_ATTACKS, *TOKEN_ATTACKS, *CALL_ATTACKS, *USER_ATTACKS)
