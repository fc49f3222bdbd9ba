"""What roles may do, by their own statements, boundaries and what is known of managed policies.

Source: IAM User Guide, "Policy evaluation logic". Everything is judged from the assembly: service control policies
and session policies are not in it, and can only narrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from review.effect import Effect
from review.iam.patterns import action_covers, overlap, surely_covers
from review.model import AccessModel, Role, Statement

_BASIC = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
_EVERYTHING = Statement(effect="Allow", actions=("*",), resources=("*",))
_MANAGED: Mapping[str, tuple[Statement, ...]] = {
    "AWSLambdaBasicExecutionRole": (Statement(effect="Allow", actions=_BASIC, resources=("*",)),),
    "AWSXRayDaemonWriteAccess": (
        Statement(effect="Allow", actions=("xray:Get*", "xray:Put*"), resources=("*",)),
    ),
    "AdministratorAccess": (_EVERYTHING,),
    "PowerUserAccess": (
        Statement(effect="Allow", not_actions=("account:*", "iam:*", "organizations:*"), resources=("*",)),
    ),
}
"""Managed policies of AWS whose meaning does not change; of any other nothing is known."""


class Evaluator:
    """Answers for one model. `arns` maps references to the ARNs behind them (see `review.iam.arns`)."""

    def __init__(self, model: AccessModel, arns: Mapping[str, str] | None = None) -> None:
        self._roles = {role.id: role for role in model.roles}
        self._arns = dict(arns or {})
        self._about: dict[tuple[str, str], tuple[list[Statement], list[Statement], bool]] = {}

    def can(self, role: str, action: str, resource: str) -> Effect:
        """Whether a role may take an action on a resource, given as its reference or its ARN.

        CONDITIONAL where it depends on a condition, a boundary that is not in the assembly or a token; UNKNOWN
        where a managed policy decides whose statements are not known. An unknown role may do nothing.
        """
        found = self._roles.get(role)
        if found is None:
            return Effect.DENY
        denials, permissions, hidden = self._of(found, action)
        denied = self._strongest(denials, resource)
        if denied is Effect.ALLOW:
            return Effect.DENY
        allowed = self._strongest(permissions, resource)
        if hidden and allowed is not Effect.ALLOW:
            return Effect.UNKNOWN
        if allowed is Effect.ALLOW and (denied is Effect.CONDITIONAL or found.boundary is not None):
            return Effect.CONDITIONAL
        return allowed

    def who_can(self, action: str, resource: str) -> Iterator[tuple[str, Effect]]:
        """The roles that may, or might, with how far."""
        for role in self._roles:
            effect = self.can(role, action, resource)
            if effect is not Effect.DENY:
                yield role, effect

    def _of(self, role: Role, action: str) -> tuple[list[Statement], list[Statement], bool]:
        """The denials and permissions of a role that speak of an action, and whether it has hidden ones."""
        key = (role.id, action)
        if key not in self._about:
            known, hidden = _statements(role)
            spoken = [each for each in known if _speaks(each, action)]
            denials = [each for each in spoken if each.effect == "Deny"]
            self._about[key] = denials, [each for each in spoken if each.effect == "Allow"], hidden
        return self._about[key]

    def _strongest(self, statements: Iterable[Statement], resource: str) -> Effect:
        """How far some statement applies: ALLOW means surely, CONDITIONAL perhaps."""
        best = Effect.DENY
        for statement in statements:
            applies = self._applies(statement, resource)
            if applies is Effect.ALLOW:
                return applies
            if applies is Effect.CONDITIONAL:
                best = applies
        return best

    def _applies(self, statement: Statement, resource: str) -> Effect:
        if statement.resources:
            matched = self._covered(statement.resources, resource)
        elif statement.not_resources:
            excluded = self._covered(statement.not_resources, resource)
            matched = None if excluded is None else not excluded
        else:
            matched = False
        if matched is False:
            return Effect.DENY
        return Effect.CONDITIONAL if matched is None or statement.conditions else Effect.ALLOW

    def _covered(self, patterns: Iterable[str], resource: str) -> bool | None:
        """True if one pattern surely covers it, None if one may."""
        arn = self._arn(resource)
        best: bool | None = False
        for pattern in patterns:
            form = self._arn(pattern)
            if any(surely_covers(one, other) for one in {pattern, form} for other in {resource, arn}):
                return True
            # The reference alone is any text; where both ARNs are known they decide.
            if best is False and overlap(form, arn):
                best = None
        return best

    def _arn(self, text: str) -> str:
        """A reference at the beginning of a text as the ARN behind it."""
        end = text.find("}") + 1
        return self._arns[text[:end]] + text[end:] if text[:end] in self._arns else text


def _speaks(statement: Statement, action: str) -> bool:
    if statement.actions:
        return any(action_covers(pattern, action) for pattern in statement.actions)
    return not any(action_covers(pattern, action) for pattern in statement.not_actions)


def _statements(role: Role) -> tuple[list[Statement], bool]:
    """Its statements with those of known managed policies, and whether there are others."""
    found = list(role.statements)
    hidden = False
    for managed in role.managed:
        known = _MANAGED.get(managed.rpartition("/")[2])
        found += known or ()
        hidden = hidden or known is None
    return found, hidden
