"""Where an agent's resources of a part stand: in the part's own stack, or in one of several beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import aws_cdk as cdk
from constructs import Construct

from governance import shards
from governance.shards import Sharded
from stacks.deployment import Deployment
from stacks.part_stack import PartStack


class ShardStack(PartStack):
    """One of a part's stacks, such as `Runtime-1-03`; `holder` is the construct under which its subjects stand."""

    def __init__(
        self, own: PartStack, label: str, *, part: Sharded, holder: str, deployment: Deployment
    ) -> None:
        stage = own.node.scope
        if not isinstance(stage, Construct):
            raise TypeError(f"{own.node.path} stands in no stage")
        super().__init__(stage, f"{part}-{label}", deployment=deployment, key=own.key, shard=label)
        self.holder = Construct(self, holder)


class Shards:
    """The constructs under which a part's subjects stand, by `governance.shards` where the system is split.

    Args:
        own: the part's own stack, which holds everything where the system is not split.
        holder: the construct's id, in whichever stack.
        subjects: everything that will be placed.
        layers: a number for each subject; those of different layers never share a stack.
    """

    def __init__(
        self,
        own: PartStack,
        holder: str,
        *,
        part: Sharded,
        deployment: Deployment,
        subjects: Iterable[str],
        layers: Mapping[str, int] | None = None,
    ) -> None:
        self.stacks: Mapping[str, ShardStack] = {}
        """By label, in order; none where the system is not split."""
        self._labels: dict[str, str] = {}
        self._stack = own
        if not deployment.system.split:
            self._own = Construct(own, holder)
            return
        count = shards.COUNTS[part]
        for subject in subjects:
            number = shards.label(shards.shard(subject, count))
            self._labels[subject] = f"{layers[subject]}-{number}" if layers else number
        # All of them, also those that hold nothing yet, or no longer: a stack that leaves the assembly stays deployed
        # with what is in it, and nobody would be told.
        beginnings = [f"{layer}-" for layer in range(max(layers.values()) + 1)] if layers else [""]
        self.stacks = {
            label: ShardStack(own, label, part=part, holder=holder, deployment=deployment)
            for beginning in beginnings
            for label in (f"{beginning}{shards.label(number)}" for number in range(count))
        }
        for label in sorted(set(self.stacks) - set(self._labels.values())):
            # CloudFormation takes no stack without a resource; this one does nothing and costs nothing.
            cdk.CfnWaitConditionHandle(self.stacks[label], "Nothing")

    def of(self, subject: str) -> Construct:
        """Where a subject's constructs are made."""
        label = self._labels.get(subject)
        return self._own if label is None else self.stacks[label].holder

    def stack(self, subject: str) -> PartStack:
        """The stack of a subject."""
        label = self._labels.get(subject)
        return self._stack if label is None else self.stacks[label]

    def subjects(self, label: str) -> tuple[str, ...]:
        """What one of the stacks holds, in the order given."""
        return tuple(subject for subject, its in self._labels.items() if its == label)

    def wait_for(self, others: Iterable[cdk.Stack]) -> None:
        """Has every one of the stacks deployed after `others`."""
        before = tuple(others)
        for stack in self.stacks.values():
            for other in before:
                stack.add_stack_dependency(other)
