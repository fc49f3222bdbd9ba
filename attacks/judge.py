"""What is wrong with how an attack was received."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from attacks.http import Answer
from attacks.model import CANARY, UNAUTHENTICATED, Attack, Context, Sent

UNREAD = frozenset((400, 413, 431))
"""Refusals of a request whose head alone was enough."""
REFUSAL_CODES = frozenset((-32001, -32002, -32600, -32601, -32602, -32700))
_HARMLESS = frozenset(("application/json", "text/event-stream", "tools/list", "tools/call"))
MIN_SECRET = 9


def secrets(context: Context, sent: Sent) -> frozenset[str]:
    """What no answer and no log may hold: every long piece of every header, and the canary of the arguments."""
    pieces = {piece for _, value in sent.headers for word in value.split() for piece in word.split(".")}
    for token in (*context.tokens.values(), context.user_token() or ""):
        pieces |= set(token.split("."))
    if context.user is not None and context.user_token() is not None:
        pieces |= {context.user.own, context.user.others}
    # Badges are public: a refusal names them in its challenge (RFC 6750 §3).
    public = {context.may, context.may_not}.union(*(badge.split(".") for badge in context.badges.values()))
    return frozenset(
        {CANARY}
        | {
            piece
            for piece in pieces
            if piece.rstrip(",") not in _HARMLESS | public and len(piece) >= MIN_SECRET
        }
    )


def complaints(attack: Attack, status: int, told: str, hidden: Iterable[str]) -> list[str]:
    """What is wrong with one answer's status and text. `told` is everything answered and logged."""
    found = []
    if status >= 500:
        found.append(f"answered {status}, as if it had broken something")
    elif status not in attack.expected:
        found.append(f"answered {status}, wanted {_words(attack.expected)}")
    found.extend(f"a secret of {len(secret)} characters was told" for secret in hidden if secret in told)
    return found


def judge(
    attack: Attack, sent: Sent, answers: Sequence[Answer], hidden: Iterable[str], *, controlled: bool
) -> list[str]:
    """What is wrong with the answers to one attack; nothing means refused.

    `controlled`: the call that the attacks are made from is known to be carried out. Only then does 400 tell
    that a token was refused: else it could be the arguments.
    """
    if not answers and sent.patience is None:
        return ["the connection was closed without an answer"]
    found: list[str] = []
    hidden = list(hidden)
    for answer in answers:
        if attack.untold is not None:
            found += complaints(attack, answer.status, answer.told, hidden)
            found += _told(attack.untold, answer)
            continue
        accepted = answer.status if _is_refusal(attack, answer, controlled=controlled) else None
        if accepted is None:
            wrong = complaints(attack, answer.status, answer.told, hidden)
            found += wrong or [f"answered {answer.status} with a result"]
        else:
            found += complaints(attack, min(attack.expected), answer.told, hidden)
    return found


def _is_refusal(attack: Attack, answer: Answer, *, controlled: bool) -> bool:
    body = answer.json
    if isinstance(body, dict) and "result" in body:
        return False
    if answer.status == 200:
        # A JSON-RPC error under 200 is a documented form of refusal once the caller is known.
        error = body.get("error") if isinstance(body, dict) else None
        code = error.get("code") if isinstance(error, dict) else None
        return attack.expected != UNAUTHENTICATED and code in REFUSAL_CODES
    if answer.status in attack.expected:
        return True
    return attack.expected == UNAUTHENTICATED and controlled and answer.status in UNREAD


def _told(untold: frozenset[str], answer: Answer) -> list[str]:
    """Names, standing alone, of tools that the caller may not know of."""
    text = json.dumps(answer.json, ensure_ascii=False) if answer.json is not None else answer.told
    return [
        f"told of {name}"
        for name in sorted(untold)
        if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)
    ]


def _words(expected: frozenset[int]) -> str:
    return "a refusal" if len(expected) > 10 else " or ".join(map(str, sorted(expected)))
