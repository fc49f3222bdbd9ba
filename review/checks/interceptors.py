"""Interceptors: attached, of known and approved code, agreeing with the policies, and lean."""

from __future__ import annotations

from collections.abc import Iterator

from review.effect import Effect
from review.findings import CHECKS, Context, Found, Severity
from review.model import Gateway, Interceptor


def _of(gateway: Gateway, point: str) -> Interceptor | None:
    return next((each for each in gateway.interceptors if point in each.points), None)


@CHECKS.check(
    "INT-01",
    Severity.ERROR,
    "Every gateway has a REQUEST interceptor",
    fix="Attach the interceptor for both points.",
    source="AgentCore Developer Guide, fine-grained access control",
)
def attached(context: Context) -> Iterator[Found]:
    """Without it nobody looks at arguments that belong to a user, and the list of tools is not filtered."""
    for gateway in context.model.gateways:
        if _of(gateway, "REQUEST") is None:
            yield Found(gateway.id, f"gateway {gateway.id} has no REQUEST interceptor", gateway.place)


@CHECKS.check(
    "INT-02",
    Severity.ERROR,
    "Interceptor and policy engine grant the same",
    fix="Render both from one declaration; never edit one of them by hand.",
    source="AGENTSEC02, defence in depth",
)
def agree(context: Context) -> Iterator[Found]:
    """Where one wall has a door that the other does not have, one of them was changed alone."""
    enforcing = {each.id for each in context.model.gateways if each.engine and each.engine_mode == "ENFORCE"}
    switched = _switched_off(context)
    for cell in context.model.matrix:
        if (
            cell.gateway not in enforcing
            or cell.interceptor.effect is Effect.UNKNOWN
            or _is_off(cell.subject, cell.tool, switched)
        ):
            continue
        lets = {cell.interceptor.effect is not Effect.DENY, cell.policy.effect is not Effect.DENY}
        if len(lets) == 2:
            opens, closes = ("interceptor", "policy engine")
            if cell.interceptor.effect is Effect.DENY:
                opens, closes = closes, opens
            place = cell.interceptor.place if opens == "interceptor" else cell.policy.place
            message = f"the {opens} lets {cell.subject} call {cell.tool}, the {closes} does not"
            yield Found(f"{cell.subject} {cell.tool}", message, place)


def _switched_off(context: Context) -> set[str]:
    """What active kill switches stop: the two layers then differ on purpose."""
    return {
        policy.switch for policy in context.model.policies if policy.switch and policy.enforcement == "ACTIVE"
    }


def _is_off(subject: str, tool: str, switched: set[str]) -> bool:
    target = tool.partition("___")[0]
    return bool(switched & {f"agent:{subject}", f"tool:{tool}", f"target:{target}"})


@CHECKS.check(
    "INT-03",
    Severity.ERROR,
    "The interceptor's code is one whose tests prove that it fails closed",
    fix="Use the interceptor of a release; if it is yours, review it and waive this with a reason.",
    source="OWASP Agentic ASI02; AGENTSEC02",
)
def known_code(context: Context) -> Iterator[Found]:
    """What code decides cannot be read off a template. Of a known release it is known, because its tests cover
    every way to fail; of any other the layer counts as unknown."""
    for gateway in context.model.gateways:
        for interceptor in gateway.interceptors:
            if not interceptor.ours:
                message = f"nobody knows what the interceptor {interceptor.function} of {gateway.id} decides"
                yield Found(interceptor.function, message, interceptor.place)


@CHECKS.check(
    "INT-04",
    Severity.ERROR,
    "The interceptor's code does not change without approval",
    fix="Review the new code, and approve it with `./airside lock`.",
    source="OWASP Agentic ASI04",
    waivable=False,
)
def approved_code(context: Context) -> Iterator[Found]:
    """Only where a lock is held against the stage. Other code decides otherwise, whatever the templates say."""
    known = {each.id: each for each in context.approved.gateways} if context.approved else {}
    for gateway in context.model.gateways:
        approved = known.get(gateway.id)
        if approved is None:
            continue
        codes = {(each.function, each.code) for each in approved.interceptors}
        for interceptor in gateway.interceptors:
            # Code that is not in the assembly has no hash: it cannot be the approved one.
            if interceptor.code is None or (interceptor.function, interceptor.code) not in codes:
                message = (
                    f"the interceptor {interceptor.function} of {gateway.id} has other code than approved"
                )
                yield Found(interceptor.function, message, interceptor.place)


@CHECKS.check(
    "INT-05",
    Severity.WARNING,
    "The interceptor reaches no data and cannot be starved",
    fix="Reserve concurrency, set a short timeout, and grant its role its log only.",
    source="AgentCore Developer Guide, gateway interceptors",
)
def lean(context: Context) -> Iterator[Found]:
    """Its availability is everybody's: without a free interceptor the gateway refuses all."""
    functions = {each.id: each for each in context.model.functions}
    for gateway in context.model.gateways:
        for name in sorted({each.function for each in gateway.interceptors}):
            function = functions.get(name)
            if function is None:
                continue
            if not function.reserved_concurrency:
                yield Found(name, f"the interceptor {name} has no reserved concurrency", function.place)
            if function.timeout is None or function.timeout > 10:
                said = (
                    "has no timeout of its own"
                    if function.timeout is None
                    else f"may take {function.timeout} s"
                )
                yield Found(name, f"the interceptor {name} {said}", function.place)
            role = context.model.role(function.role)
            for statement in role.statements if role else ():
                other = [each for each in statement.actions if not each.startswith(("logs:", "xray:"))]
                if statement.effect == "Allow" and (other or statement.not_actions):
                    message = f"the interceptor {name} may do more than write its log: {', '.join(other)}"
                    yield Found(name, message, statement.place)


@CHECKS.check(
    "INT-06",
    Severity.WARNING,
    "Headers go to an interceptor that needs them, and its log is encrypted",
    fix="Set PassRequestHeaders only where tokens are verified again, and give its log group a key.",
    source="AgentCore Developer Guide, interceptors (headers may contain tokens)",
)
def headers(context: Context) -> Iterator[Found]:
    """Headers hold tokens. Ours never logs one; a key keeps what another one might."""
    functions = {each.id: each for each in context.model.functions}
    groups = {each.id: each for each in context.model.stores if each.kind == "log_group"}
    for gateway in context.model.gateways:
        for each in gateway.interceptors:
            if not each.passes_headers:
                continue
            function = functions.get(each.function)
            group = groups.get(function.log_group or "") if function else None
            encrypted = group is not None and any(kept.startswith("encrypted:") for kept in group.protections)
            if not each.ours or (context.production and not encrypted):
                why = "whose code is unknown" if not each.ours else "whose log has no key of yours"
                yield Found(
                    each.function,
                    f"gateway {gateway.id} passes headers to {each.function}, {why}",
                    each.place,
                )


@CHECKS.check(
    "INT-07",
    Severity.ERROR,
    "The gateway's role invokes its own functions only",
    fix="Name the interceptor and the targets' functions in the statement, without a wildcard.",
    source="AgentCore Developer Guide, interceptor best practices",
)
def invokes(context: Context) -> Iterator[Found]:
    """A gateway that may invoke any function is a way to any function."""
    for gateway in context.model.gateways:
        role = context.model.role(gateway.role)
        own = {each.function for each in gateway.interceptors}
        own |= {
            each.backend.removeprefix("function:")
            for each in context.model.tools
            if each.gateway == gateway.id
        }
        for statement in role.statements if role else ():
            invoking = [
                each
                for each in statement.actions
                if each.lower() in ("lambda:invokefunction", "lambda:*", "*")
            ]
            if statement.effect != "Allow" or not invoking:
                continue
            for resource in statement.resources:
                # With `:*` it is any version or alias of the function, as the CDK's own grant writes it.
                function = resource.removesuffix(":*")
                named = any(function.startswith("${function:" + name + ".") for name in own)
                if not named or function.endswith("*"):
                    message = f"the role of {gateway.id} may invoke {resource}, which is no function of it"
                    yield Found(gateway.id, message, statement.place)
