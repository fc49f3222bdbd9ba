"""What of an assembly is deployed: a stage's stacks with what they import and export, and its bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.digest import of_files
from cli.outcome import Failure


@dataclass(frozen=True)
class Stack:
    """One stack. `id` is how the CDK's command line names it: `<stage>/<Part>`."""

    id: str
    name: str
    account: str
    region: str
    protected: bool
    template: Mapping[str, Any] = field(repr=False)

    @property
    def exports(self) -> frozenset[str]:
        outputs = self.template.get("Outputs", {}).values()
        return frozenset(
            name for output in outputs if isinstance(name := output.get("Export", {}).get("Name"), str)
        )

    @property
    def imports(self) -> frozenset[str]:
        return frozenset(_imports(self.template))

    def resources(self, type_: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Logical ids and bodies."""
        for name, body in self.template.get("Resources", {}).items():
            if body.get("Type") == type_:
                yield name, body


@dataclass(frozen=True)
class Target:
    """A stage of an assembly. Stacks stand in the order in which they can be deployed."""

    assembly: Path
    stage: str
    stacks: tuple[Stack, ...]
    images: int
    bootstrap_parameter: str | None
    bootstrap_version: int

    @property
    def account(self) -> str:
        return self.stacks[0].account

    @property
    def region(self) -> str:
        return self.stacks[0].region

    @property
    def pattern(self) -> str:
        """All its stacks, for the CDK's command line."""
        return f"{self.stage}/*"


def has(assembly: Path, stage: str) -> bool:
    return (assembly / f"assembly-{stage}" / "manifest.json").is_file()


def read(assembly: Path, stage: str) -> Target:
    """Raises Failure where there is no such stage, or it is not understood."""
    folder = assembly / f"assembly-{stage}"
    if not has(assembly, stage):
        known = ", ".join(sorted(path.name.removeprefix("assembly-") for path in assembly.glob("assembly-*")))
        raise Failure(f"{assembly}: has no stage {stage}. There: {known or 'none'}.")
    try:
        artifacts = _json(folder / "manifest.json")["artifacts"]
        stacks = {key: item for key, item in artifacts.items() if item["type"] == "aws:cloudformation:stack"}
        made = {key: _stack(folder, item) for key, item in stacks.items()}
        if not made:
            raise Failure(f"{folder}: holds no stack.")
        order = _ordered({key: stacks[key].get("dependencies", []) for key in made})
        parameters = [item["properties"].get("bootstrapStackVersionSsmParameter") for item in stacks.values()]
        versions = [item["properties"].get("requiresBootstrapStackVersion", 0) for item in stacks.values()]
        images = sum(len(_json(path).get("dockerImages", {})) for path in folder.glob("*.assets.json"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Failure(f"{folder}: is not understood ({type(error).__name__}). Synthesize it again.") from None
    if len({(stack.account, stack.region) for stack in made.values()}) > 1:
        raise Failure(f"{folder}: its stacks are of several accounts or Regions. Deploy those by hand.")
    return Target(
        assembly=assembly,
        stage=stage,
        stacks=tuple(made[key] for key in order),
        images=images,
        bootstrap_parameter=next((str(name) for name in parameters if name), None),
        bootstrap_version=max(map(int, versions)),
    )


def _stack(folder: Path, item: Mapping[str, Any]) -> Stack:
    properties = item["properties"]
    account, _, region = str(item["environment"]).removeprefix("aws://").partition("/")
    return Stack(
        id=str(item["displayName"]),
        name=str(properties["stackName"]),
        account=account,
        region=region,
        protected=bool(properties.get("terminationProtection")),
        template=_json(folder / properties["templateFile"]),
    )


def _ordered(dependencies: Mapping[str, list[str]]) -> list[str]:
    """Each after what it depends on; otherwise in the manifest's order."""
    done: list[str] = []
    while len(done) < len(dependencies):
        ready = [
            key
            for key, needs in dependencies.items()
            if key not in done and all(need in done or need not in dependencies for need in needs)
        ]
        if not ready:
            raise ValueError("a cycle")
        done += ready
    return done


def digest(assembly: Path) -> str:
    """A hash of every file of the assembly and of its name: equal for equal bytes, wherever they lie."""
    files = sorted(path for path in assembly.rglob("*") if path.is_file())
    return of_files((path.relative_to(assembly).as_posix(), path) for path in files)


def _imports(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(name := value.get("Fn::ImportValue"), str):
            yield name
        for inner in value.values():
            yield from _imports(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _imports(inner)


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
