"""An MCP server of our own on AgentCore Runtime: image, role, runtime, endpoint, log groups."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_bedrockagentcore as agentcore
from aws_cdk import aws_ecr_assets as ecr_assets
from constructs import Construct

from governance.model import Target
from governance.names import table_variable
from stacks.components import runtime_settings
from stacks.components.agent_role import image_access, output_access, own_guard
from stacks.components.agent_runtime import log_groups
from stacks.components.data_table import DataTable
from stacks.components.iam import MADE, agentcore_trust, never_for_unverified_users, own_role
from stacks.components.tool_function import table_statements
from stacks.deployment import Deployment
from stacks.part_stack import declare


class ToolServer(Construct):
    """The runtime behind one or more targets. Only the gateway's role may invoke it, signed.

    It has a role without a model, a token or a delegate: what it may do is read from its tools' effects, as
    for a function.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        package: str,
        targets: list[Target],
        tables: Mapping[str, DataTable],
    ) -> None:
        super().__init__(scope, construct_id)
        names, setting = deployment.names, deployment.environment.runtime
        hosting = setting.of_server(deployment.system.name, package)
        used = list(dict.fromkeys(name for target in targets for name in target.tables))
        image = ecr_assets.DockerImageAsset(
            self,
            "Image",
            directory=str(deployment.assets.agent(package)),
            build_args={"AGENT": package},
            platform=ecr_assets.Platform.LINUX_ARM64,
            display_name=names.tool_runtime(package),
        )
        runtime = names.tool_runtime(package)
        role = own_role(
            self,
            "Role",
            name=names.server_role(package),
            description=f"What the tool server {package} may do",
            trust=agentcore_trust(self, f"runtime/{runtime}-{MADE}"),
            policy="Server",
            statements=[
                *image_access(image.repository),
                *output_access(self, names.runtime_log_group(runtime, "*")),
                *table_statements(self, targets, used, tables),
                never_for_unverified_users(),
                own_guard(),
            ],
            declared={"Server": package},
        )
        variables = {table_variable(name): tables[name].table.table_name for name in used}
        runtime_settings.check_variables(targets[0], variables, setting.platform_version)
        self.runtime = agentcore.CfnRuntime(
            self,
            "Runtime",
            agent_runtime_name=runtime,
            description=" ".join(target.description for target in targets)[:1200],
            role_arn=role.role_arn,
            agent_runtime_artifact=agentcore.CfnRuntime.AgentRuntimeArtifactProperty(
                container_configuration=agentcore.CfnRuntime.ContainerConfigurationProperty(
                    container_uri=image.image_uri
                )
            ),
            environment_variables=variables,
            lifecycle_configuration=runtime_settings.lifecycle(hosting),
            network_configuration=runtime_settings.network(setting.network),
            platform_version=str(setting.platform_version),
            protocol_configuration="MCP",
        )
        declare(self.runtime, {"Server": package})
        self.qualifier = names.endpoint
        self.endpoint = agentcore.CfnRuntimeEndpoint(
            self,
            "Endpoint",
            agent_runtime_id=self.runtime.attr_agent_runtime_id,
            name=self.qualifier,
            description=f"The version of {package} that {deployment.environment.name} uses",
            agent_runtime_version=hosting.version or self.runtime.attr_agent_runtime_version,
        )
        log_groups(self, deployment, self.runtime)

    @property
    def endpoint_url(self) -> str:
        """Where the gateway finds it: InvokeAgentRuntime's URL with the ARN percent-encoded (contracts §1.5).

        The ARN is written out of its parts, because a value that only CloudFormation knows cannot be encoded
        here; a runtime's id holds nothing that would have to be.
        """
        stack = cdk.Stack.of(self)
        arn = f"arn:{stack.partition}:bedrock-agentcore:{stack.region}:{stack.account}:runtime/"
        encoded = arn.replace(":", "%3A").replace("/", "%2F")
        return (
            f"https://bedrock-agentcore.{stack.region}.amazonaws.com/runtimes/{encoded}"
            f"{self.runtime.attr_agent_runtime_id}/invocations?qualifier={self.qualifier}"
        )

    @property
    def invoked_as(self) -> list[str]:
        """What InvokeAgentRuntime is authorized on: the runtime, and the one endpoint that is used."""
        arn = self.runtime.attr_agent_runtime_arn
        return [arn, f"{arn}/runtime-endpoint/{self.qualifier}"]
