"""An agent's optional parts: what is made of them, what its role gets for them, what its container is told."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_bedrockagentcore as agentcore
from constructs import Construct

from governance.model import Agent, Environment
from governance.parts import BrowserNetwork
from stacks.components.agent_memory import AgentMemory
from stacks.components.iam import Statement, allow
from stacks.deployment import Deployment
from stacks.part_stack import declare

_Interpreter = agentcore.CfnCodeInterpreterCustom
_Browser = agentcore.CfnBrowserCustom


class AgentParts(Construct):
    """What `governance.parts.Parts` declares. Each part is the agent's alone: no other role is given anything."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment, agent: Agent) -> None:
        super().__init__(scope, construct_id)
        declared = agent.parts
        self.memory: AgentMemory | None = None
        self._statements: list[Statement] = []
        self._variables: dict[str, str] = {}
        if declared.memory is not None:
            self.memory = AgentMemory(
                self, "Remembered", deployment=deployment, agent=agent, memory=declared.memory
            )
            self._statements += self.memory.statements()
            self._variables |= self.memory.variables
        if declared.code_interpreter:
            self._interpreter(deployment, agent)
        if declared.browser is not None:
            self._browser(deployment, agent, declared.browser)

    @property
    def statements(self) -> list[Statement]:
        return list(self._statements)

    @property
    def variables(self) -> Mapping[str, str]:
        return dict(self._variables)

    def _interpreter(self, deployment: Deployment, agent: Agent) -> None:
        interpreter = _Interpreter(
            self,
            "CodeInterpreter",
            name=deployment.names.part(agent.name),
            description=f"Runs what {agent.name} writes",
            # No network and no role: what runs inside has nobody to talk to and nothing to sign with.
            network_configuration=_Interpreter.CodeInterpreterNetworkConfigurationProperty(
                network_mode="SANDBOX"
            ),
        )
        declare(interpreter, {"Agent": agent.name})
        self._variables["CODE_INTERPRETER_ID"] = interpreter.attr_code_interpreter_id
        self._statements.append(
            allow(
                "RunCode",
                "Runs code in sessions of its own interpreter, and ends them.",
                [
                    "bedrock-agentcore:InvokeCodeInterpreter",
                    "bedrock-agentcore:StartCodeInterpreterSession",
                    "bedrock-agentcore:StopCodeInterpreterSession",
                ],
                [interpreter.attr_code_interpreter_arn],
            )
        )

    def _browser(self, deployment: Deployment, agent: Agent, network: BrowserNetwork) -> None:
        subnets, groups = _network(deployment.environment, network)
        browser = _Browser(
            self,
            "Browser",
            name=deployment.names.browser(agent.name, (*subnets, *groups)),
            description=f"Shows pages to {agent.name}",
            network_configuration=_Browser.BrowserNetworkConfigurationProperty(
                network_mode="VPC" if subnets else "PUBLIC",
                vpc_config=(
                    _Browser.VpcConfigProperty(subnets=subnets, security_groups=groups) if subnets else None
                ),
            ),
            # What customers asked about would lie in a bucket as films; nothing here needs them.
            recording_config=_Browser.RecordingConfigProperty(enabled=False),
        )
        declare(browser, {"Agent": agent.name})
        self._variables["BROWSER_ID"] = browser.attr_browser_id
        self._statements.append(
            allow(
                "ReadPages",
                "Opens pages in sessions of its own browser, and ends them; nobody may take a session over.",
                [
                    "bedrock-agentcore:ConnectBrowserAutomationStream",
                    "bedrock-agentcore:StartBrowserSession",
                    "bedrock-agentcore:StopBrowserSession",
                ],
                [browser.attr_browser_arn],
            )
        )


def _network(environment: Environment, network: BrowserNetwork) -> tuple[list[str], list[str]]:
    """Subnets and groups: in a VPC the runtimes' own. Governance refuses a VPC where there are none.

    Sorted, because another order would be another browser.
    """
    if network is BrowserNetwork.PUBLIC:
        return [], []
    setting = environment.runtime.network
    return sorted(setting.subnets), sorted(setting.security_groups)
