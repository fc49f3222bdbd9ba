"""What a larger system costs to synthesize: 4, 40 and 200 agents, beside an empty CDK app in the same run.

The systems are made by `bench/_grown.py`: 10 targets of 20 tools, an entry agent, a lead for every 24 specialists.
Loading and rendering are processor time of this process, the best of three. A synthesis is the whole command in a
process of its own, with its Node.js: processor time and wall clock, once. `--validate` adds the CDK's validator and
cdk-nag, which cost more than the synthesis itself. A missed goal is shown, not a failure.

    ./airside bench synth [--validate] [--json]     or     python bench/synth.py [--validate] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Not the folder of this file: its name is also that of the package it measures.
sys.path[:] = [str(ROOT), *(each for each in sys.path if Path(each or ".").resolve() != ROOT / "bench")]

from bench import _grown  # noqa: E402
from bench._timing import dump  # noqa: E402
from bench.access import Goal, goal, show_goals  # noqa: E402

AGENTS = (4, 40, 200)
MOST_SECONDS, MOST_GROWTH = 60, 1.5

_EMPTY = """\
from stacks.node import use_pinned_node
use_pinned_node()
import sys
import aws_cdk as cdk
app = cdk.App(
    outdir=sys.argv[1],
    analytics_reporting=False,
    stack_traces=False,
    builtin_cloud_formation_validation=False,
)
cdk.CfnWaitConditionHandle(cdk.Stack(app, "Empty"), "Nothing")
app.synth()
"""


@dataclass(frozen=True)
class Run:
    """Seconds of one command: of processors, its children's included, and by the clock."""

    processor: float
    wall: float


@dataclass(frozen=True)
class Size:
    """One system's figures. `load` and `render` are seconds of processor time; `largest` is a stack's resources."""

    agents: int
    load: float
    render: float
    synth: Run
    validated: Run | None
    stacks: int
    resources: int
    largest: int
    largest_bytes: int
    most_exports: int
    bytes: int


def command(words: list[str]) -> Run:
    """Runs it. Raises CalledProcessError if it fails; what it said goes to stderr."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(words, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(spent, time.monotonic() - start)


def synthesis(project: Path, output: Path, *, validate: bool) -> Run:
    words = [sys.executable, "-m", "stacks.synthesize", "--project", str(project), "--output", str(output)]
    return command([*words, "--validate" if validate else "--no-validate"])


def seconds(run: Callable[[], object]) -> float:
    """Processor time, the best of three."""
    values = []
    for _ in range(3):
        start = time.process_time()
        run()
        values.append(time.process_time() - start)
    return min(values)


def render(project: Path) -> Callable[[], None]:
    """Everything that is rendered for a stage: badges, the interceptor's policy, Cedar, validated."""
    from governance import cedar, interceptor_policy, scopes, switches
    from governance.access import AccessMatrix
    from governance.load import load_project
    from governance.names import Names

    loaded = load_project(project)
    system, environment = loaded.systems[0], loaded.environments[0]
    names = Names(system.name, environment.name)

    def run() -> None:
        matrix = AccessMatrix.of(system)
        scopes.render(system)
        interceptor_policy.render(system, environment.name, matrix)
        cedar.validate(system, switches.policies(system, environment, names, matrix, cedar.PLACEHOLDER_ARN))

    return run


def measure(agents: int, folder: Path, *, validate: bool) -> Size:
    from governance.load import load_project

    project = _grown.write(folder / f"project{agents}", agents)
    output = folder / f"out{agents}"
    run = synthesis(project, output, validate=False)
    files = sorted(output.glob("assembly-*/*.template.json"))
    templates = [json.loads(path.read_bytes()) for path in files]
    counts = [len(template["Resources"]) for template in templates]
    sizes = [path.stat().st_size for path in files]
    return Size(
        agents=agents,
        load=seconds(lambda: load_project(project)),
        render=seconds(render(project)),
        synth=run,
        validated=synthesis(project, folder / f"validated{agents}", validate=True) if validate else None,
        stacks=len(templates),
        resources=sum(counts),
        largest=max(counts),
        largest_bytes=max(sizes),
        most_exports=max(len(template.get("Outputs", {})) for template in templates),
        bytes=sum(sizes),
    )


def goals(sizes: list[Size]) -> list[Goal]:
    """The largest synthesis, and what an agent more costs at the end beside what it costs at the beginning."""
    first, middle, last = (sizes[0], sizes[len(sizes) // 2], sizes[-1])
    per_agent = [
        (large.synth.processor - small.synth.processor) / (large.agents - small.agents)
        for small, large in ((first, middle), (middle, last))
    ]
    return [
        goal(f"synthesis of {last.agents} agents, processor time", last.synth.processor, MOST_SECONDS, "s"),
        goal(
            "processor time of one agent more, at the end / at first",
            per_agent[1] / per_agent[0],
            MOST_GROWTH,
            "×",
        ),
        goal("resources of the largest stack", max(size.largest for size in sizes), 400, ""),
    ]


def show(empty: Run, sizes: list[Size]) -> None:
    """Prints the table, a row for each size."""
    print(
        f"Yardstick: an empty CDK app, {empty.processor:.2f} s of processor time, {empty.wall:.2f} s by the clock"
    )
    print(
        "agents     load   render    synth (clock)  validated  stacks  resources  largest   bytes  exports   all bytes"
    )
    for size in sizes:
        validated = f"{size.validated.processor:.1f} s" if size.validated else "-"
        print(
            f"{size.agents:>6} {size.load:>6.2f} s {size.render:>6.2f} s {size.synth.processor:>6.1f} s "
            f"({size.synth.wall:>4.1f} s) {validated:>10} {size.stacks:>7} {size.resources:>10,} {size.largest:>8} "
            f"{size.largest_bytes / 1000:>4.0f} kB {size.most_exports:>8} {size.bytes / 1000:>8,.0f} kB"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--validate", action="store_true", help="validate each assembly in a second synthesis too"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="airside-bench-") as scratch:
        folder = Path(scratch)
        empty = command([sys.executable, "-c", _EMPTY, str(folder / "empty")])
        sizes = [measure(agents, folder, validate=arguments.validate) for agents in AGENTS]
    verdicts = goals(sizes)
    if arguments.json:
        dump(empty=empty, sizes=sizes, goals=verdicts)
        return
    show(empty, sizes)
    show_goals(verdicts)


if __name__ == "__main__":
    main()
