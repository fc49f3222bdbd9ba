"""A small result with everything in it that a printer may meet, hostile names included. Nothing is synthesized."""

from __future__ import annotations

from dataclasses import replace

from review.compare import Change, Direction
from review.effect import Effect
from review.findings import Finding, Severity, Waiver
from review.gates import Authorizer, Cell, Gateway, Layer, Tool
from review.model import AccessModel
from review.outputs.result import Part, Result
from review.run import Report
from review.stage import Place

DECLARED = Place("s.template.json", "Resources.Gateway", declared="systems/library.yaml:12")
HOSTILE = (
    "x`</td><script>alert(1)</script>\n# head @octocat **bold** | [a](https://evil.example) \x1b[31m\x07"
)
"""Whatever a tool's name or description may say in a template."""


def model(name: str = "shelf___find", *, unknowns: tuple[str, ...] = ()) -> AccessModel:
    tools = tuple(
        Tool(each, "library-test", "shelf", "LAMBDA", "0", "1", "function:shelf", "GATEWAY_IAM_ROLE", "read")
        for each in sorted((name, "shelf___lend"))
    )
    gateway = Gateway(
        "library-test", Authorizer("CUSTOM_JWT"), "engine", "ENFORCE", (), None, ("2025-11-25",), False, None
    )
    cell = Cell(
        "reader",
        gateway.id,
        name,
        Layer(Effect.ALLOW, because="client reader"),
        Layer(Effect.CONDITIONAL, ("limit at most 5",), "granted by its policy", DECLARED),
        Layer(Effect.ALLOW, because=f"permit of {name}"),
        Effect.CONDITIONAL,
    )
    empty = AccessModel(
        "library-test",
        "library",
        "test",
        "reader",
        (),
        (),
        (),
        (),
        (),
        (),
        (),
        (),
        (),
        (),
        (),
        unknowns=unknowns,
    )
    return replace(empty, gateways=(gateway,), tools=tools, matrix=(cell,))


def finding(number: int = 0, *, message: str = "the gateway asks nobody", **changed: object) -> Finding:
    return replace(
        Finding("IDN-07", Severity.ERROR, f"gateway {number}", message, "Ask.", "a standard", DECLARED),
        **changed,  # type: ignore[arg-type]
    )


def waived(number: int = 0) -> Finding:
    waiver = Waiver("IDN-07", "*", "known until March", "desk", "2027-03-31", Place("access/waivers.yaml"))
    return finding(number).waived(waiver)


def change(direction: Direction = Direction.WIDENING, words: str = "reader may now lend") -> Change:
    return Change("cell", words, direction, words, ("one", "two"), DECLARED)


def result(*findings: Finding, changes: tuple[Change, ...] | None = None, **more: object) -> Result:
    known = more.pop("model", None)
    report = Report("library-test", known if isinstance(known, AccessModel) else model(), findings)
    part = Part(
        "library-test", report, changes, "access/library.test.lock.json" if changes is not None else ""
    )
    return Result("cdk.out", (replace(part, **more),))  # type: ignore[arg-type]
