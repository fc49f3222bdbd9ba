"""An assembly that this project did not make is read like its own, and what nobody here can know is never clean."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import main
from review import lock
from review.collect import collect
from review.document import to_document
from review.effect import Effect
from review.explain import explain, who_can
from review.model import AccessModel
from review.reader import read_assembly
from tests.review import foreign

FRONT, TOOLS = "HelpdeskFront.template.json", "HelpdeskTools.template.json"
FIXER, TRIAGE = "client:helpdesk-fixer", "client:helpdesk-triage"
CLOSE, FIND, SEARCH = "tickets___close_ticket", "tickets___find_ticket", "wiki___search"


@pytest.fixture(scope="module")
def model() -> AccessModel:
    return collect(foreign.stage())


def test_callers_are_clients_and_scopes_lead_to_policies(model: AccessModel) -> None:
    assert model.unknowns == ()
    assert model.agents == ()
    assert {(cell.subject, cell.tool) for cell in model.matrix} == {
        (FIXER, CLOSE),
        (FIXER, FIND),
        (TRIAGE, FIND),
        (TRIAGE, SEARCH),
    }
    # The constructs write the scope as a reference to the resource server, the policies as a text.
    assert {client.id: client.scopes for client in model.clients} == {
        "helpdesk-fixer": ("helpdesk/fixer",),
        "helpdesk-triage": ("helpdesk/triage",),
    }
    assert model.gateways[0].authorizer.discovery == "pool:helpdesk"


def test_a_foreign_interceptor_counts_as_unknown_and_the_other_layers_are_told(model: AccessModel) -> None:
    (interceptor,) = model.gateways[0].interceptors
    assert (interceptor.function, interceptor.ours, interceptor.policy) == (
        "helpdesk-interceptor",
        False,
        None,
    )
    assert interceptor.code is not None
    for cell in model.matrix:
        assert cell.effect is cell.interceptor.effect is Effect.UNKNOWN
        assert (cell.authorizer.effect, cell.policy.effect) == (Effect.ALLOW, Effect.ALLOW)
    assert "is of others" in model.matrix[0].interceptor.because
    assert {cell.subject for cell in who_can(model, FIND)} == {FIXER, TRIAGE}


def test_a_refused_call_is_refused_by_the_layer_that_is_known(model: AccessModel) -> None:
    found = explain(model, FIXER, SEARCH)
    assert found.effect is Effect.DENY
    assert {line.layer: line.effect for line in found.lines} == {
        "authorizer": Effect.ALLOW,
        "interceptor": Effect.UNKNOWN,
        "policy engine": Effect.DENY,
    }


def test_its_review_is_never_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["review", "--assembly", str(foreign.ASSEMBLY)]) == 1
    said = capsys.readouterr().out
    assert "INT-03  nobody knows what the interceptor helpdesk-interceptor of helpdesk decides" in said
    # What the public construct writes: a second statement without conditions beside the conditioned one.
    assert "IAM-07  the role of gateway helpdesk may be taken by the service bedrock-agentcore" in said
    assert "2 callers, 3 tools, 0 grants, 4 nobody can tell" in said
    # The waivers of this project are for its own stages.
    assert "WAI-01" not in said


def test_its_lock_holds_it_and_names_no_account(tmp_path: Path, model: AccessModel) -> None:
    file = lock.path(tmp_path, model.system, model.environment, model.stage)
    assert file.name == "default.lock.json"
    file.parent.mkdir()
    file.write_text(lock.render(model), encoding="utf-8")
    assert lock.same(lock.read(file), model)
    assert not re.search(r"\d{12}", re.sub(r'"[0-9a-f]{32,}"', "", file.read_text(encoding="utf-8")))


def test_the_committed_bytes_name_no_machine() -> None:
    for file in foreign.ASSEMBLY.rglob("*"):
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        assert not re.search(r"/(?:home|work|tmp|Users)/", text), file
        assert set(re.findall(r"(?<![0-9a-f])\d{12}(?![0-9a-f])", text)) <= {"111122223333"}, file


def _template(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((foreign.ASSEMBLY / name).read_text(encoding="utf-8"))
    return found


def _write(folder: Path, **stacks: dict[str, Any]) -> Path:
    """An assembly without metadata: a manifest that names templates, and how they were deployed before."""
    manifest = json.loads((foreign.ASSEMBLY / "manifest.json").read_text(encoding="utf-8"))
    deployed = next(
        each["properties"]
        for each in manifest["artifacts"].values()
        if each["type"] == "aws:cloudformation:stack"
    )
    shutil.copytree(foreign.ASSEMBLY, folder)
    for each in folder.glob("*.json"):
        if not each.name.endswith(".assets.json"):
            each.unlink()
    artifacts: dict[str, Any] = {
        "assets": {"type": "cdk:asset-manifest", "properties": {"file": "HelpdeskTools.assets.json"}}
    }
    for name, template in stacks.items():
        (folder / f"{name}.json").write_text(json.dumps(template), encoding="utf-8")
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": "aws://111122223333/eu-central-1",
            "properties": {**deployed, "stackName": name, "templateFile": f"{name}.json"},
            "dependencies": ["assets"],
        }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}), encoding="utf-8")
    return folder


def _bare(template: dict[str, Any]) -> dict[str, Any]:
    resources = {
        key: {name: value for name, value in each.items() if name != "Metadata"}
        for key, each in template["Resources"].items()
    }
    return {**template, "Resources": resources}


def _one_template(folder: Path) -> Path:
    """Both stacks as one: an import is a reference then."""
    front, tools = _bare(_template(FRONT)), _bare(_template(TOOLS))
    exported = {f"HelpdeskTools:{key}": output["Value"] for key, output in tools["Outputs"].items()}

    def inline(node: Any) -> Any:
        if isinstance(node, dict):
            if node.keys() == {"Fn::ImportValue"}:
                return exported[node["Fn::ImportValue"]]
            return {key: inline(item) for key, item in node.items()}
        return [inline(item) for item in node] if isinstance(node, list) else node

    return _write(folder, all={"Resources": {**tools["Resources"], **inline(front["Resources"])}})


def _nested(folder: Path, **nested: Any) -> Path:
    """The gateway's stack inside of the other one."""
    tools = _template(TOOLS)
    tools["Resources"]["Front"] = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": "https://s3.eu-central-1.amazonaws.com/assets/front.json"},
        "Metadata": {"aws:asset:path": "front.json", **nested},
    }
    _write(folder, HelpdeskTools=tools)
    (folder / "front.json").write_text(json.dumps(_template(FRONT)), encoding="utf-8")
    return folder


def _staged(folder: Path) -> Path:
    """The whole assembly as a stage of another one."""
    shutil.copytree(foreign.ASSEMBLY, folder / "assembly-default")
    inner = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-default"}}
    folder.joinpath("manifest.json").write_text(json.dumps({"artifacts": {"stage": inner}}), encoding="utf-8")
    return folder


@pytest.mark.parametrize("shape", [_one_template, _nested, _staged], ids=["one template", "nested", "staged"])
def test_another_shape_of_the_same_app_is_another_access(
    tmp_path: Path, model: AccessModel, shape: Callable[[Path], Path]
) -> None:
    (stage,) = read_assembly(shape(tmp_path / "cdk.out"))
    found = to_document(collect(stage))
    assert found == to_document(model)


def _no_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def _no_template(folder: Path) -> None:
    (folder / FRONT).unlink()


def _edited(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        template = json.loads((folder / FRONT).read_text(encoding="utf-8"))
        change(template)
        (folder / FRONT).write_text(json.dumps(template), encoding="utf-8")

    return edit


def _policy(template: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"]["FixerPolicyA54EE705"]["Properties"]
    return found


def _nested_elsewhere(template: dict[str, Any]) -> None:
    template["Resources"]["More"] = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": "https://example.com/more.json"},
    }


def _undecided(template: dict[str, Any]) -> None:
    template["Parameters"] = {"Open": {"Type": "String"}}
    template["Conditions"] = {"Open": {"Fn::Equals": [{"Ref": "Open"}, "yes"]}}
    gateway = template["Resources"]["Gateway43CB3636"]["Properties"]
    gateway["AuthorizerType"] = {"Fn::If": ["Open", "NONE", "CUSTOM_JWT"]}


UNREADABLE: dict[str, Callable[[Path], None]] = {
    "no manifest": _no_manifest,
    "no template": _no_template,
    "a transform": _edited(lambda template: template.update(Transform="AWS::Serverless-2016-10-31")),
    "a policy that is no Cedar": _edited(
        lambda template: _policy(template).update(Definition={"Cedar": {"Statement": "permit everything"}})
    ),
    "a policy elsewhere": _edited(
        lambda template: _policy(template).update(Definition={"Other": {"Where": "s3://x/y.cedar"}})
    ),
    "a nested stack elsewhere": _edited(_nested_elsewhere),
    "an authorizer that a parameter decides": _edited(_undecided),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    folder = tmp_path / "cdk.out"
    shutil.copytree(foreign.ASSEMBLY, folder)
    UNREADABLE[name](folder)
    assert main(["review", "--assembly", str(folder)]) == 2
    assert main(["explain", "--assembly", str(folder), FIXER, FIND]) == 2
    printed = capsys.readouterr()
    assert "Traceback" not in printed.out + printed.err
    assert printed.err or "unread" in printed.out
