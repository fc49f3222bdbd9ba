"""An account as `deploy`, `destroy` and `smoke` ask it: the answers of CloudFormation, SSM and others, in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.session import get_session
from botocore.validate import ParamValidator

from cli.deploying.account import Account
from cli.deploying.target import Stack

WHERE = "982347102345 in ap-northeast-2"


def refused(code: str, message: str, operation: str = "Operation") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


class CloudFormation:
    """Deployed stacks by name: `{status, protected, exports: [names], template, resources: [(type, id, physical)]}`.

    It pages by one, as a client that stops after the first page must be noticed.
    """

    def __init__(self) -> None:
        self.stacks: dict[str, dict[str, Any]] = {}
        self.importers: dict[str, list[str]] = {}
        self.fault: ClientError | None = None

    def put(self, name: str, **more: Any) -> None:
        self.stacks[name] = {
            "status": "CREATE_COMPLETE", "protected": False, "exports": [], "template": {}, "resources": [], **more,
        }  # fmt: skip

    def deploy(self, stack: Stack) -> None:
        """As CloudFormation knows a stack once it is deployed."""
        self.put(
            stack.name, exports=sorted(stack.exports), template=stack.template, protected=stack.protected
        )
        for name in stack.imports:
            self.importers.setdefault(name, []).append(stack.name)

    def list_exports(self, NextToken: str = "0") -> dict[str, Any]:
        if self.fault:
            raise self.fault
        arn = "arn:aws:cloudformation:ap-northeast-2:982347102345:stack"
        exports = [
            {"Name": export, "ExportingStackId": f"{arn}/{name}/0-0", "Value": "x"}
            for name, stack in self.stacks.items()
            for export in stack["exports"]
        ]
        return _page("Exports", exports, NextToken)

    def list_imports(self, ExportName: str, NextToken: str = "0") -> dict[str, Any]:
        if not self.importers.get(ExportName):
            raise refused("ValidationError", f"Export '{ExportName}' is not imported by any stack.")
        return _page("Imports", self.importers[ExportName], NextToken)

    def describe_stacks(self, StackName: str) -> dict[str, Any]:
        if StackName not in self.stacks:
            raise refused("ValidationError", f"Stack with id {StackName} does not exist")
        stack = self.stacks[StackName]
        return {
            "Stacks": [
                {
                    "StackName": StackName,
                    "StackStatus": stack["status"],
                    "EnableTerminationProtection": stack["protected"],
                    "Outputs": [{"ExportName": name} for name in stack["exports"]],
                }
            ]
        }

    def get_template(self, StackName: str) -> dict[str, Any]:
        return {"TemplateBody": json.dumps(self.stacks[StackName]["template"])}

    def list_stack_resources(self, StackName: str, NextToken: str = "0") -> dict[str, Any]:
        rows = [
            {
                "ResourceType": type_,
                "LogicalResourceId": id_,
                "PhysicalResourceId": name,
                "ResourceStatus": "X",
            }
            for type_, id_, name in self.stacks[StackName]["resources"]
        ]
        return _page("StackResourceSummaries", rows, NextToken)


def _page(key: str, values: list[Any], token: str) -> dict[str, Any]:
    start = int(token)
    more = {"NextToken": str(start + 1)} if start + 1 < len(values) else {}
    return {key: values[start : start + 1], **more}


class Ssm:
    """Parameters by name."""

    class exceptions:
        class ParameterNotFound(Exception):
            pass

    def __init__(self) -> None:
        self.values = {"/cdk-bootstrap/hnb659fds/version": "30"}

    def get_parameter(self, Name: str) -> dict[str, Any]:
        if Name not in self.values:
            raise self.exceptions.ParameterNotFound
        return {"Parameter": {"Value": self.values[Name]}}


class Functions:
    """Lambda: what the account has unreserved, and what functions reserve already, by name."""

    class exceptions:
        class ResourceNotFoundException(Exception):
            pass

    def __init__(self, unreserved: int = 1000) -> None:
        self.unreserved = unreserved
        self.reserved: dict[str, int] = {}
        self.fault: ClientError | None = None

    def get_account_settings(self) -> dict[str, Any]:
        if self.fault:
            raise self.fault
        return {"AccountLimit": {"UnreservedConcurrentExecutions": self.unreserved}}

    def get_function_concurrency(self, FunctionName: str) -> dict[str, Any]:
        if FunctionName not in self.reserved:
            raise self.exceptions.ResourceNotFoundException
        return {"ReservedConcurrentExecutions": self.reserved[FunctionName]}


class Plain:
    """A service whose operations answer what they were given, whatever they are asked."""

    def __init__(self, **answers: Mapping[str, Any]) -> None:
        for operation, answer in answers.items():
            setattr(self, operation, lambda _answer=answer, **_: _answer)


class Checked:
    """A service that refuses what boto3 would: an operation there is not, or words it does not take."""

    def __init__(self, service: str, fake: Any) -> None:
        self._model = _models(service)
        self._fake = fake
        if hasattr(fake, "exceptions"):
            self.exceptions = fake.exceptions

    def __getattr__(self, operation: str) -> Any:
        name = next(each for each in self._model.operation_names if xform_name(each) == operation)
        shape = self._model.operation_model(name).input_shape

        def call(**words: Any) -> Any:
            report = ParamValidator().validate(words, shape)
            assert not report.has_errors(), report.generate_report()
            assert set(words) <= set(shape.members), words
            return getattr(self._fake, operation)(**words)

        return call


@cache
def _models(service: str) -> Any:
    return get_session().get_service_model(service)


class Fake:
    """The account; its services may be changed before they are asked."""

    def __init__(self) -> None:
        self.cloudformation = CloudFormation()
        self.ssm = Ssm()
        self.functions = Functions()
        self.others: dict[str, Any] = {}

    @property
    def account(self) -> Account:
        services = {
            "cloudformation": self.cloudformation,
            "ssm": self.ssm,
            "lambda": self.functions,
            **self.others,
        }
        return Account(WHERE, lambda name: Checked(name, services[name]))
