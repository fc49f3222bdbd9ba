"""What operators see of agents' memories: how often each operation is used, fails, and how long it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aws_cdk import aws_cloudwatch as cloudwatch

from stacks.components import metrics, widgets
from stacks.deployment import Deployment


def memory_rows(
    deployment: Deployment, agents: Mapping[str, metrics.Runtime]
) -> Iterator[list[cloudwatch.IWidget]]:
    """A row for each agent that has a memory. An agent that cannot read its own refuses its requests."""
    for agent, runtime in agents.items():
        if (memory := runtime.memory) is not None:
            yield [
                widgets.graph(
                    f"memory of {agent}: uses",
                    [memory.metric(each, "Invocations", "Sum", each) for each in memory.operations],
                    width=8,
                ),
                widgets.graph(
                    f"memory of {agent}: failures",
                    [
                        *(
                            memory.metric(each, name, "Sum", f"{each} {name}")
                            for each in memory.operations
                            for name in ("SystemErrors", "UserErrors")
                        ),
                        metrics.memory_failures(deployment, agent, "not read or not kept"),
                    ],
                    width=8,
                ),
                widgets.graph(
                    f"memory of {agent}: latency p95 (ms)",
                    [memory.metric(each, "Latency", "p95", each) for each in memory.operations],
                    width=8,
                ),
            ]
