"""Makes the frozen values from checked documents. Nothing here fails: `structure` and `check` came first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from governance import console, search
from governance.binding import USER_PREFIX, ArgumentRule, RuleKind, Users
from governance.described import operations as described
from governance.document import Document, KeyPath
from governance.front_end import FrontEnd
from governance.hosting import Hosting
from governance.model import (
    Agent,
    DataClass,
    Delegation,
    Effect,
    Egress,
    Environment,
    Grant,
    Index,
    Limits,
    ModelSetting,
    Parts,
    PolicyMode,
    Protocol,
    Provider,
    ProviderSetting,
    Rates,
    Source,
    System,
    Table,
    Target,
    TargetKind,
    Tool,
)
from governance.names import SEARCH_TOOL, full_tool_name
from governance.operations import AccountSettings, Alarms
from governance.outbound import KeyLocation, KeyPlacement, ProviderKind, RestApi, Route
from governance.shadow import Shadow, WouldRefuse, named
from governance.shards import TOGETHER, places
from governance.switch import Switch, SwitchedOff, SwitchKind

Specs = Mapping[str, Mapping[str, Any] | None]

MCP_PATH = "/mcp"
"""Where an MCP server answers unless its target says otherwise."""


def environment(document: Document) -> Environment:
    value = document.value
    return Environment(
        name=value["environment"],
        account=value["account"],
        region=value["region"],
        models={
            tier: ModelSetting(
                model_id=setting["model_id"],
                foundation_models=tuple(setting.get("foundation_models", ())),
                regions=tuple(setting.get("regions", ())),
            )
            for tier, setting in value["models"].items()
        },
        providers={name: _setting(setting) for name, setting in value.get("providers", {}).items()},
        policy_mode=PolicyMode(value["policy_mode"]),
        debug_exceptions=value["debug_exceptions"],
        log_retention_days=value["log_retention_days"],
        token_minutes=value["token_minutes"],
        alarms=Alarms(**{**value["alarms"], "notify": tuple(value["alarms"]["notify"])}),
        kms=value["kms"],
        budget_usd=value["budget_usd"],
        retain_data=value["retain_data"],
        permissions_boundary=value.get("permissions_boundary"),
        users_callback_urls=tuple(value.get("users_callback_urls", ())),
        front_end=FrontEnd.build(published) if (published := value.get("front_end")) else None,
        runtime=Hosting.build(value["runtime"]),
        web_acl_arn=value["web_acl_arn"],
        switched_off=tuple(_switched_off(document)),
        tags=dict(value.get("tags", {})),
        account_settings=AccountSettings(**settings) if (settings := value.get("account_settings")) else None,
        source=document.source(),
    )


def _switched_off(document: Document) -> Iterable[SwitchedOff]:
    kinds = (("agents", SwitchKind.AGENT), ("tools", SwitchKind.TOOL))
    for key, kind in kinds:
        for name, reason in document.value.get("switched_off", {}).get(key, {}).items():
            owner, _, subject = name.rpartition("/")
            yield SwitchedOff(
                Switch(kind, subject), reason, document.source("switched_off", key, name), owner or None
            )


def system(
    document: Document, agents: Iterable[Document], targets: Iterable[Document], specs: Specs
) -> System:
    value = document.value
    built_targets = tuple(_target(target, specs.get(target.value["target"])) for target in targets)
    granted = [(target.name, tool.name) for target in built_targets for tool in target.tools]
    sound = tuple(agents)
    memories = sum(agent.value.get("memory", "none") != "none" for agent in sound)
    return System(
        name=value["system"],
        title=value["title"],
        description=value["description"],
        entry_agent=value["entry_agent"],
        languages=tuple(value["languages"]),
        utc_offset=value["utc_offset"],
        agents=tuple(_agent(agent, granted) for agent in sound),
        targets=built_targets,
        tables=tuple(_table(document, name, table) for name, table in value.get("tables", {}).items()),
        providers=tuple(
            _provider(document, name, provider) for name, provider in value.get("providers", {}).items()
        ),
        directory=document.file.rsplit("/", 1)[0],
        source=document.source(),
        users=_users(document),
        limits=Rates(**value.get("limits", {})),
        search=search.tool(document.source("search")) if value.get("search") == "semantic" else None,
        split=value.get("split", places(len(sound), memories) > TOGETHER),
        split_stated="split" in value,
        console=console.build(
            value.get("console"),
            {
                tool: document.source("console", "cards", tool)
                for tool in value.get("console", {}).get("cards", {})
            },
        ),
    )


def _provider(document: Document, name: str, value: Mapping[str, Any]) -> Provider:
    key = value.get("key")
    return Provider(
        name=name,
        description=value["description"],
        scopes=tuple(value.get("scopes", ())),
        kind=ProviderKind(value.get("kind", ProviderKind.OAUTH2)),
        key=KeyPlacement(KeyLocation(key["in"]), key["name"], key.get("prefix", "")) if key else None,
        source=document.source("providers", name),
    )


def _setting(value: Mapping[str, Any]) -> ProviderSetting:
    rest_api = value.get("rest_api")
    return ProviderSetting(
        **{
            **value,
            "kind": ProviderKind(value.get("kind", ProviderKind.OAUTH2)),
            "resources": tuple(value.get("resources", ())),
            "rest_api": RestApi(rest_api["id"], rest_api["stage"]) if rest_api else None,
        }
    )


def _users(document: Document) -> Users | None:
    value = document.value.get("users")
    if value is None:
        return None
    return Users(
        title=value["title"],
        claims=dict(value["claims"]),
        seed_table=value["seed"]["table"],
        seed_attribute=value["seed"]["attribute"],
        source=document.source("users"),
    )


def _table(document: Document, name: str, value: Mapping[str, Any]) -> Table:
    return Table(
        name=name,
        partition_key=value["partition_key"],
        sort_key=value.get("sort_key"),
        data=DataClass(value["data"]),
        seed=value.get("seed"),
        indexes=tuple(
            Index(name=index, partition_key=keys["partition_key"], sort_key=keys.get("sort_key"))
            for index, keys in value.get("indexes", {}).items()
        ),
        source=document.source("tables", name),
    )


def _agent(document: Document, declared: list[tuple[str, str]]) -> Agent:
    value = document.value
    return Agent(
        name=value["agent"],
        purpose=value["purpose"],
        owner=value["owner"],
        protocol=Protocol(value["protocol"]),
        model=value["model"],
        grants=tuple(_grants(document, declared)),
        delegates=tuple(
            Delegation(agent=name, source=document.source("may_delegate_to", index))
            for index, name in enumerate(value["may_delegate_to"])
        ),
        limits=Limits(**value["limits"]),
        source=document.source(),
        parts=Parts.build(value, document.source),
    )


def _grants(document: Document, declared: list[tuple[str, str]]) -> Iterable[Grant]:
    """Expands `"*"` to the tools that are declared now: it never means tools declared later elsewhere, nor the
    gateway's own search."""
    may_call = document.value["may_call"]
    if document.value.get("may_search"):
        yield Grant(SEARCH_TOOL, document.source("may_search"))
    for target, tool in declared:
        if may_call == "*":
            yield Grant(full_tool_name(target, tool), document.source("may_call"), wildcard=True)
        elif may_call.get(target) == "*":
            yield Grant(full_tool_name(target, tool), document.source("may_call", target), wildcard=True)
        else:
            for index, entry in enumerate(may_call.get(target, ())):
                if named(entry) == tool:
                    path = ("may_call", target, index)
                    shadow = None if isinstance(entry, str) else _shadow(document, path, entry["shadow"])
                    yield Grant(full_tool_name(target, tool), document.source(*path), shadow=shadow)


def _shadow(document: Document, path: KeyPath, value: Mapping[str, Any]) -> Shadow:
    source = document.source(*path, "shadow")
    return Shadow(WouldRefuse(value["would_refuse"]), value["reason"], source)


def _target(document: Document, spec: Mapping[str, Any] | None) -> Target:
    value = document.value
    operations = described(value["kind"], spec) if spec is not None else {}
    tools = []
    for name, tool in value["tools"].items():
        operation = operations.get(name)
        tools.append(
            Tool(
                name=name,
                target=value["target"],
                description=operation.description if operation else tool["description"],
                input_schema=operation.input_schema if operation else _input_schema(tool),
                effect=Effect(tool["effect"]),
                data=DataClass(tool["data"]),
                egress=Egress(tool["egress"]),
                source=document.source("tools", name),
                calls_per_minute=tool.get("limits", {}).get("calls_per_minute"),
                rules=tuple(
                    _rule(argument, rule, document.source("tools", name, "arguments", argument))
                    for argument, rule in tool.get("arguments", {}).items()
                ),
            )
        )
    return Target(
        name=value["target"],
        kind=TargetKind(value["kind"]),
        description=value["description"],
        tools=tuple(tools),
        source=document.source(),
        function=value.get("function"),
        tables=tuple(value.get("tables", ())),
        timeout_seconds=value.get("timeout_seconds", 10),
        spec=value.get("spec") or value.get("model"),
        spec_document=spec,
        provider=value.get("provider"),
        runtime=value.get("runtime"),
        path=value.get("path", MCP_PATH) if value["kind"] == TargetKind.MCP_SERVER else "",
        routes={
            name: Route(tool["method"], tool["path"])
            for name, tool in value["tools"].items()
            if "method" in tool
        },
    )


def _rule(argument: str, value: Mapping[str, Any], source: Source) -> ArgumentRule:
    if "bind" in value:
        attribute = value["bind"].removeprefix(USER_PREFIX)
        return ArgumentRule(argument, RuleKind.USER, source, (attribute,))
    if "equals" in value:
        return ArgumentRule(argument, RuleKind.EQUALS, source, (value["equals"],))
    if "one_of" in value:
        return ArgumentRule(argument, RuleKind.ONE_OF, source, tuple(value["one_of"]))
    return ArgumentRule(argument, RuleKind.RANGE, source, least=value.get("min"), most=value.get("max"))


def _input_schema(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "object", "properties": dict(tool["input"]), "required": list(tool["required"])}
