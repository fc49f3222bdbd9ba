"""What of a stage the stand-ins leave out without refusing it: told at the start, so that nobody counts on it.

Each of these could only make AWS refuse more, or serve older code, than this machine does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from localcloud.assembly import read
from localcloud.assembly.resource import Resource
from localcloud.assembly.scope import StageScope


def notices(scope: StageScope) -> tuple[str, ...]:
    """One sentence each, for a person."""
    return (*_networks(scope), *_pins(scope), *_web_acls(scope), *_browsers(scope))


def _networks(scope: StageScope) -> Iterator[str]:
    in_vpc = [
        resource.note("Agent") or resource.note("Server") or resource.logical_id
        for resource in scope.resources("AWS::BedrockAgentCore::Runtime")
        if _network_mode(resource) == "VPC"
    ]
    if in_vpc:
        yield (
            f"networks are not emulated: subnets and security groups of {', '.join(in_vpc)} have no effect here"
        )


def _network_mode(resource: Resource) -> Any:
    """The mode as declared. `honoured` tells of a word it may not be; only the shape is told here."""
    found = resource.get("NetworkConfiguration")
    if found is None:
        return None
    return read.mapping(found, f"{resource.where}.Properties.NetworkConfiguration").get("NetworkMode")


def _web_acls(scope: StageScope) -> Iterator[str]:
    if any(scope.resources("AWS::WAFv2::WebACLAssociation")):
        yield "AWS WAF is not emulated: the rules of the gateway's web ACL have no effect here"


def _browsers(scope: StageScope) -> Iterator[str]:
    for browser in scope.resources("AWS::BedrockAgentCore::BrowserCustom"):
        yield (
            f"no browser runs here: {browser.note('Agent') or browser.logical_id} is told that a page cannot be read"
        )


def _pins(scope: StageScope) -> Iterator[str]:
    """A version that is written out; one that follows the runtime is an attribute of it."""
    for resource in scope.resources("AWS::BedrockAgentCore::RuntimeEndpoint"):
        version = resource.declared.get("AgentRuntimeVersion")
        if isinstance(version, str):
            yield (
                f"the endpoint {resource.text('Name')} of {resource.text('AgentRuntimeId')} is pinned to "
                f"version {version}; here it serves the assembly's own code"
            )
