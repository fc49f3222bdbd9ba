"""The order of a deployment: no stack is asked to drop what another still uses."""

from __future__ import annotations

from typing import Any

from cli.deploying.order import Deployed, order
from cli.deploying.target import Stack


def stack(part: str, *, exports: tuple[str, ...] = (), imports: tuple[str, ...] = ()) -> Stack:
    template: dict[str, Any] = {
        "Outputs": {f"O{index}": {"Export": {"Name": name}} for index, name in enumerate(exports)},
        "Resources": {"R": {"Properties": {"All": [{"Fn::ImportValue": name} for name in imports]}}},
    }
    return Stack(f"shop-dev/{part}", f"shop-dev-{part}", "1", "r", False, template)


def deployed(*stacks: Stack, foreign: dict[str, list[str]] | None = None) -> Deployed:
    importers: dict[str, list[str]] = dict(foreign or {})
    for each in stacks:
        for name in each.imports:
            importers[name] = [*importers.get(name, []), each.name]
    return Deployed({name: each.name for each in stacks for name in each.exports}, importers)


OLD = (
    stack("tools", exports=("t1", "t2")),
    stack("gateway", exports=("g1", "g2"), imports=("t1", "t2")),
    stack("runtime", imports=("g1", "g2")),
)


def names(stacks: tuple[Stack, ...]) -> list[str]:
    return [each.name.removeprefix("shop-dev-") for each in stacks]


def test_a_removed_tool_is_let_go_of_by_its_consumers_first_the_last_one_first() -> None:
    new = (
        stack("tools", exports=("t1",)),
        stack("gateway", exports=("g1",), imports=("t1",)),
        stack("runtime", imports=("g1",)),
    )
    found = order(new, deployed(*OLD))
    assert (names(found.first), found.dropped, found.blocked) == (["runtime", "gateway"], ("g2", "t2"), ())


def test_nothing_is_put_first_without_need() -> None:
    added = (*OLD[:2], stack("runtime", imports=("g1",)))
    assert order(OLD, deployed(*OLD)).first == ()
    assert order(added, deployed(*OLD)).first == ()
    assert order(OLD, Deployed({}, {})).first == ()


def test_an_export_that_nobody_imports_may_simply_go() -> None:
    new = (stack("tools", exports=("t1", "t2")), stack("gateway", exports=("g1",), imports=("t1", "t2")))
    found = order(new, deployed(OLD[0], stack("gateway", exports=("g1", "g2"), imports=("t1", "t2"))))
    assert (found.first, found.dropped, found.blocked) == ((), ("g2",), ())


def test_a_stack_of_somebody_elses_that_would_break_is_named() -> None:
    new = (stack("tools", exports=("t1",)),)
    found = order(new, deployed(stack("tools", exports=("t1", "t2")), foreign={"t2": ["reports"]}))
    (line,) = found.blocked
    assert line == (
        "shop-dev-tools no longer exports t2, which the stack reports imports: change or delete that stack first."
    )


def test_a_swap_is_deployed_half_and_fails_in_the_middle() -> None:
    """A consumer that goes first would need what its producer only makes afterwards."""
    new = (stack("tools", exports=("t1", "t3")), stack("gateway", imports=("t1", "t3")))
    found = order(new, deployed(OLD[0], stack("gateway", imports=("t1", "t2"))))
    (line,) = found.blocked
    assert found.first == ()
    assert "shop-dev-gateway has to let go of t2 before it is dropped, and also needs t3" in line
    assert "Deploy twice" in line


def test_templates_of_two_syntheses_are_not_deployed() -> None:
    new = (stack("tools", exports=("t1",)), stack("gateway", imports=("t1", "t2")))
    found = order(new, deployed(OLD[0], stack("gateway", imports=("t1", "t2"))))
    assert "the assembly is not of one synthesis" in "\n".join(found.blocked)


def test_exports_of_another_stage_are_nobodys_to_drop() -> None:
    other = Stack("x", "shop-prod-tools", "1", "r", False, OLD[0].template)
    assert order((stack("tools"),), deployed(other)).dropped == ()
