"""What the account has, asked before anything is deployed or deleted. Every method raises Failure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from cli.aws import WrongAccount, account_session, worded
from cli.deploying.order import Deployed, dropped
from cli.deploying.target import Stack, Target
from cli.outcome import Failure

_DENIED = " docs/deploying.md says what a deploying role needs."
GONE = frozenset({"DELETE_COMPLETE"})


class Account:
    """One account and Region. `client` makes a boto3 client by the service's name."""

    def __init__(self, where: str, client: Callable[[str], Any]) -> None:
        self.where = where
        self._client = client
        self._clients: dict[str, Any] = {}

    def service(self, name: str) -> Any:
        if name not in self._clients:
            self._clients[name] = self._client(name)
        return self._clients[name]

    def call(self, service: str, operation: str, **words: Any) -> dict[str, Any]:
        with worded(self.where, operation, _DENIED):
            answer: dict[str, Any] = getattr(self.service(service), operation)(**words)
            return answer

    def pages(self, service: str, operation: str, key: str, **words: Any) -> Iterator[Any]:
        """Every item of a paged answer; AWS calls its token NextToken."""
        more: dict[str, str] = {}
        while True:
            answer = self.call(service, operation, **words, **more)
            yield from answer.get(key, ())
            if not answer.get("NextToken"):
                return
            more = {"NextToken": answer["NextToken"]}

    def parameter(self, name: str) -> str | None:
        """A parameter of SSM, or None where there is none."""
        with worded(self.where, f"get_parameter {name}", _DENIED):
            ssm = self.service("ssm")
            try:
                return str(ssm.get_parameter(Name=name)["Parameter"]["Value"])
            except ssm.exceptions.ParameterNotFound:
                return None

    def bootstrapped(self, target: Target, environment: str) -> None:
        """Raises Failure where the CDK's own stack is missing or too old, with the command that makes it."""
        if target.bootstrap_parameter is None:
            return
        found = self.parameter(target.bootstrap_parameter)
        if found is not None and found.isdigit() and int(found) >= target.bootstrap_version:
            return
        state = "is not bootstrapped" if found is None else f"is bootstrapped at version {found}"
        raise Failure(
            f"{self.where} {state}; version {target.bootstrap_version} is needed. Once, with rights to make roles: "
            f"./airside deploy --bootstrap --env {environment} (it runs `cdk bootstrap aws://{target.account}/{target.region}`)."
        )

    def deployed(self, stacks: Iterable[Stack]) -> Deployed:
        """Exports of the account; who imports is asked only of those that these stacks would drop."""
        exports = {
            str(item["Name"]): str(item["ExportingStackId"]).split("/")[1]
            for item in self.pages("cloudformation", "list_exports", "Exports")
        }
        gone = dropped(tuple(stacks), exports)
        return Deployed(exports, {name: self.importers(name) for name in gone})

    def importers(self, export: str) -> list[str]:
        """The stacks that import an export."""
        from botocore.exceptions import ClientError

        cloudformation = self.service("cloudformation")
        with worded(self.where, f"list_imports {export}", _DENIED):
            found: list[str] = []
            more: dict[str, str] = {}
            while True:
                try:
                    answer = cloudformation.list_imports(ExportName=export, **more)
                except ClientError as error:
                    # CloudFormation answers an export that nobody imports with an error.
                    if "is not imported by any stack" in str(error):
                        return found
                    raise
                found += answer.get("Imports", [])
                if not answer.get("NextToken"):
                    return found
                more = {"NextToken": answer["NextToken"]}

    def stack(self, name: str) -> Mapping[str, Any] | None:
        """A deployed stack's description, or None."""
        from botocore.exceptions import ClientError

        cloudformation = self.service("cloudformation")
        with worded(self.where, f"describe_stacks {name}", _DENIED):
            try:
                found: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") == "ValidationError" and "exist" in str(error):
                    return None
                raise
        return None if found["StackStatus"] in GONE else found


def connect(account: str, region: str, env: str) -> Account:
    """The environment's own account, with the credentials boto3 finds. Raises Failure for another one."""
    from botocore.config import Config

    try:
        session = account_session(region, account)
    except WrongAccount as problem:
        raise Failure(f"--env {env}: {problem} Sign in, or set AWS_PROFILE.") from None
    config = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 4})
    return Account(f"{account} in {region}", lambda service: session.client(service, config=config))
