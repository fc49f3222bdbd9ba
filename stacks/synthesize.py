"""Writes the cloud assembly of a project. Pure: no network, no clock, no Docker, no AWS account, same bytes.

python -m stacks.synthesize --project . --output cdk.out [--system S] [--environment E] [--no-validate]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.errors import CedarErrors, DeclarationErrors
from governance.load import AIRSIDE_ROOT, load_project
from stacks.errors import INVALID, StackError, SynthesisError
from stacks.gates.acknowledge import document
from stacks.node import use_pinned_node

if TYPE_CHECKING:
    from aws_cdk import App

STRICT = "@aws-cdk/core:strictCfnValidateErrors"
"""Without it the validator's errors only warn."""

ACKNOWLEDGED_FILE = "acknowledged.json"
"""In a validated assembly: what its rule pack found and `stacks/acknowledgements.py` accepts, with the reasons."""

_RESOURCE_LIMIT = "@aws-cdk/core:stackResourceLimit"
"""The CDK's own count of a stack's resources ends in a trace of its process; ours says what to do."""

_CLI_OUTDIR = "CDK_OUTDIR"
_CLI_CONTEXT = "CDK_CONTEXT_JSON"


def settings() -> dict[str, Any]:
    """The context of Airside's cdk.json: every feature flag, so that no default decides what is deployed."""
    document = json.loads((AIRSIDE_ROOT / "cdk.json").read_text(encoding="utf-8"))
    context: dict[str, Any] = document["context"]
    return context


def synthesize(
    project_root: Path,
    outdir: Path,
    *,
    validate: bool = True,
    system: str | None = None,
    environment: str | None = None,
) -> Path:
    """Synthesizes the project's systems into `outdir` and returns it.

    The assembly is written beside `outdir` and takes its place when it is whole: an older one is replaced
    entirely, and left alone if anything fails.

    The services' limits are always checked (`stacks.gates.limits`).

    Args:
        validate: run the CDK's CloudFormation validator and cdk-nag over all templates too, and fail on any
            finding (about three seconds more). The assembly is the same, with an acknowledged.json in it.
        system, environment: synthesize only these; all if left out.

    Raises:
        DeclarationErrors: the declaration cannot be loaded.
        SynthesisError: the templates do not validate.
    """
    outdir = outdir.resolve()
    outdir.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{outdir.name}.", dir=outdir.parent) as folder:
        fresh, old = Path(folder) / "new", Path(folder) / "old"
        _write(project_root, fresh, validate=validate, system=system, environment=environment)
        if outdir.exists():
            outdir.rename(old)
        fresh.rename(outdir)
    return outdir


def _write(
    project_root: Path, outdir: Path, *, validate: bool, system: str | None, environment: str | None
) -> None:
    project = load_project(project_root)
    app = new_app(outdir, validate=validate)
    import aws_cdk as cdk

    from stacks.application import build
    from stacks.gates.plugins import NagPlugin

    with tempfile.TemporaryDirectory(prefix="airside-assets-") as staging:
        build(app, project, Path(staging), system=system, environment=environment)
    if not validate:
        write_assembly(app)
        return
    nag = NagPlugin(app)
    cdk.Validations.of(app).add_plugins(nag)
    write_assembly(app)
    accepted = json.dumps(document(nag.used), ensure_ascii=False, indent=1) + "\n"
    (outdir / ACKNOWLEDGED_FILE).write_text(accepted, encoding="utf-8")


def new_app(outdir: Path, *, validate: bool) -> App:
    """An app without stacks that writes into `outdir`, held to the services' limits."""
    use_pinned_node()
    # After `use_pinned_node`: importing the CDK starts its Node.js process.
    import aws_cdk as cdk

    from stacks.gates.plugins import LimitsPlugin

    app = cdk.App(
        outdir=str(outdir),
        context={**settings(), STRICT: True, _RESOURCE_LIMIT: 0},
        analytics_reporting=False,
        # Stack traces hold random folders of the jsii process: two synths would never be the same.
        stack_traces=False,
        builtin_cloud_formation_validation=validate,
    )
    cdk.Validations.of(app).add_plugins(LimitsPlugin())
    return app


def write_assembly(app: App) -> None:
    """Synthesizes `app` into its folder.

    Raises:
        SynthesisError: a validator of the app found something.
    """
    try:
        app.synth()
    except RuntimeError as error:
        findings = _findings(Path(app.outdir))
        if not findings:
            raise
        raise SynthesisError("\n  ".join([INVALID, *findings])) from error


def _findings(outdir: Path) -> list[str]:
    """The validators' findings, each as `construct property: sentence, what to do [rule]`."""
    path = outdir / "validation-report.json"
    if not path.is_file():
        return []
    report = json.loads(path.read_text(encoding="utf-8"))
    return [
        _sentence(violation, construct)
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"] or [{}]
    ]


def _sentence(violation: Mapping[str, Any], construct: Mapping[str, Any]) -> str:
    resource = construct.get("cloudFormationResource", {})
    where = construct.get("constructPath") or resource.get("logicalId") or resource.get("templatePath") or "?"
    property_ = ", ".join(resource.get("propertyPaths", [])) or "the template"
    words = (violation["description"], violation.get("suggestedFix", ""))
    return f"{where}: {property_}: {' '.join(filter(None, words))} [{violation['ruleName']}]"


def command_line(arguments: Sequence[str], variables: Mapping[str, str]) -> argparse.Namespace:
    """Options from the command line, then from `cdk … -c key=value`, then from the environment."""
    given = json.loads(variables.get(_CLI_CONTEXT, "{}"))
    parser = argparse.ArgumentParser(prog="synthesize", description="Writes the cloud assembly of a project.")
    parser.add_argument(
        "--project",
        type=Path,
        default=Path(given.get("project") or variables.get("AIRSIDE_PROJECT") or AIRSIDE_ROOT),
        help="the folder with systems/ and environments/",
    )
    parser.add_argument(
        "--output", type=Path, default=Path(variables.get(_CLI_OUTDIR, "cdk.out")), help="where to write"
    )
    parser.add_argument("--system", default=given.get("system"), help="only this system")
    parser.add_argument("--environment", default=given.get("environment"), help="only this environment")
    parser.add_argument(
        "--validate",
        action=argparse.BooleanOptionalAction,
        default=variables.get("CDK_VALIDATION") != "false",
        help="validate the templates and fail on any finding",
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str], variables: Mapping[str, str]) -> int:
    """The command. 0: written; 1: the declaration or the templates are at fault, told on stderr."""
    options = command_line(arguments, variables)
    chosen = {"system": options.system, "environment": options.environment}
    try:
        if _CLI_OUTDIR in variables:
            # The CDK's command line holds a lock inside the folder it names, so that folder must stay.
            _write(options.project, options.output, validate=options.validate, **chosen)
        else:
            synthesize(options.project, options.output, validate=options.validate, **chosen)
    except (DeclarationErrors, CedarErrors, StackError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], os.environ))
