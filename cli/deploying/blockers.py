"""What stands in the way of deleting a stage, and what is left of it afterwards: asked of the account, all at once.

Sources: AWS CloudFormation User Guide, "Protecting a stack from being deleted" and "DeletionPolicy attribute"; the
services' API references for their own deletion protection.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cli.deploying.account import Account
from cli.deploying.target import Stack
from cli.outcome import Failure


@dataclass
class Found:
    """`there` are the deployed stacks; `blocks` stop a deletion; `stays` is what outlives it."""

    there: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    stays: list[str] = field(default_factory=list)


def look(account: Account, stacks: Sequence[Stack], environment: str) -> Found:
    """Raises Failure where something cannot be asked: what is not known to be free is not deleted."""
    found = Found()
    own = {stack.name for stack in stacks}
    for stack in stacks:
        deployed = account.stack(stack.name)
        if deployed is None:
            continue
        found.there.append(stack.name)
        if str(deployed["StackStatus"]).endswith("_IN_PROGRESS"):
            found.blocks.append(f"{stack.name} is {deployed['StackStatus']}. Wait until it is at rest.")
        if deployed.get("EnableTerminationProtection"):
            found.blocks.append(
                f"{stack.name} has termination protection. Set retain_data: false in environments/{environment}.yaml "
                "and deploy, or turn it off: aws cloudformation update-termination-protection "
                f"--no-enable-termination-protection --stack-name {stack.name}"
            )
        for output in deployed.get("Outputs", ()):
            if name := output.get("ExportName"):
                found.blocks += [
                    f"{stack.name} exports {name}, which the stack {user} imports. Delete or change that one first."
                    for user in account.importers(name)
                    if user not in own
                ]
        _resources(account, stack.name, found)
    return found


def _resources(account: Account, stack: str, found: Found) -> None:
    template = _template(account, stack)
    kept = frozenset(
        name for name, each in template.items() if str(each.get("DeletionPolicy")).startswith("Retain")
    )
    # Another stack of the stage publishes into it, and empties it as that stack goes.
    emptied = frozenset(
        name
        for name, each in template.items()
        if each.get("Metadata", {}).get("Airside", {}).get("Bucket") == _PUBLISHED
    )
    pages = account.pages("cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=stack)
    for resource in pages:
        type_, logical = str(resource["ResourceType"]), str(resource["LogicalResourceId"])
        name = str(resource.get("PhysicalResourceId") or "")
        if not name or resource.get("ResourceStatus") == "DELETE_COMPLETE":
            continue
        if logical in kept:
            found.stays.append(
                f"{type_} {name}: its DeletionPolicy is Retain; it goes on costing what it costs"
            )
            continue
        # Protection stops the deletion of what would be deleted only.
        if type_ in _PROTECTED and logical not in emptied:
            found.blocks += _PROTECTED[type_](account, name)
        if type_ in _LEFT:
            found.stays.append(f"{type_} {name}: {_LEFT[type_]}")


def _template(account: Account, stack: str) -> Mapping[str, Any]:
    """The deployed resources, as they were declared."""
    body = account.call("cloudformation", "get_template", StackName=stack)["TemplateBody"]
    try:
        template: Mapping[str, Any] = json.loads(body) if isinstance(body, str) else body
    except ValueError:
        raise Failure(
            f"{account.where}: the template of {stack} is no JSON; it was not deployed from here."
        ) from None
    resources: Mapping[str, Any] = template.get("Resources", {})
    return resources


def _table(account: Account, name: str) -> Iterator[str]:
    table = account.call("dynamodb", "describe_table", TableName=name)["Table"]
    if table.get("DeletionProtectionEnabled"):
        yield (
            f"the table {name} has deletion protection: "
            f"aws dynamodb update-table --no-deletion-protection-enabled --table-name {name}"
        )


def _pool(account: Account, name: str) -> Iterator[str]:
    pool = account.call("cognito-idp", "describe_user_pool", UserPoolId=name)["UserPool"]
    if pool.get("DeletionProtection") == "ACTIVE":
        yield (
            f"the user pool {pool.get('Name', name)} ({name}) has deletion protection: turn it off in the console, or "
            "set retain_data: false and deploy"
        )


def _bucket(account: Account, name: str) -> Iterator[str]:
    found = account.call("s3", "list_object_versions", Bucket=name, MaxKeys=1)
    if found.get("Versions") or found.get("DeleteMarkers"):
        yield f"the bucket {name} is not empty, with its old versions: aws s3 rm --recursive s3://{name}, and those"


def _repository(account: Account, name: str) -> Iterator[str]:
    if account.call("ecr", "list_images", repositoryName=name, maxResults=1).get("imageIds"):
        yield f"the repository {name} holds images: aws ecr delete-repository --force --repository-name {name}"


_PROTECTED = {
    "AWS::DynamoDB::Table": _table,
    "AWS::Cognito::UserPool": _pool,
    "AWS::S3::Bucket": _bucket,
    "AWS::ECR::Repository": _repository,
}
"""What can refuse to be deleted, and how that is asked."""

_PUBLISHED = "console"
"""How the front end's bucket is marked."""

_LEFT = {
    "AWS::KMS::Key": "is only scheduled for deletion; what it encrypts stays readable until its waiting period ends",
    "AWS::SecretsManager::Secret": "its name may stay taken until a recovery window ends",
}
"""What a deletion does not end at once."""
