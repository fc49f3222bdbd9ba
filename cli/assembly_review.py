"""The review as the last validator of a synthesis: what it finds in the assembly that was just written.

`./airside validate` and the CDK application (app.py, so `cdk synth` and `cdk deploy` too) end with it. It reads the
written assembly and not the construct tree: what is reviewed is what is deployed.
"""

from __future__ import annotations

from pathlib import Path

from cli import reviewing


def problems(cdk_out: Path, project: Path) -> list[str]:
    """A line for each open error of each stage, and for whatever could not be read: never nothing by silence."""
    from review import lock, waivers
    from review.errors import Unreadable
    from review.findings import Severity
    from review.model import AccessModel
    from review.reader import read_assembly
    from review.run import review

    found: list[str] = []
    reviewed: list[AccessModel] = []
    try:
        accepted = waivers.load(project / lock.FOLDER / lock.WAIVERS, project=project)
        for stage in read_assembly(cdk_out):
            beside = [model for model in reviewed if model.system and model.system == stage.system]
            report = review(stage, today=reviewing.today(), waivers=accepted, beside=beside)
            reviewed.append(report.model)
            found += [f"{stage.name}: cannot be reviewed: {unknown}" for unknown in report.model.unknowns]
            found += [
                f"{stage.name}: {each.place}: {each.message}. {each.fix} [{each.check}]"
                for each in report.open
                if each.severity is Severity.ERROR
            ]
    except Unreadable as error:
        found.append(f"cannot be reviewed: {error}")
    return found
