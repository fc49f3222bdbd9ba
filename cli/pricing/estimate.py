"""From counts, assumptions and prices to lines of cost. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cli.pricing.inventory import Inventory
from cli.pricing.prices import MODEL, Price, Prices

_PROFILES = frozenset({"us", "eu", "apac", "jp", "au", "ca", "global", "us-gov"})
"""Prefixes of inference profiles before a model's id."""
_CORE = "AWS::BedrockAgentCore"
DAYS = 365 / 12
"""Days of a month."""

Values = Mapping[str, float]


@dataclass(frozen=True)
class Line:
    """One line. `quantity` is a month's, in the unit of `price`; `fixed` tells that no conversation changes it."""

    what: str
    quantity: float
    price: Price
    fixed: bool

    @property
    def usd(self) -> float | None:
        return None if self.price.usd is None else self.quantity * self.price.usd


@dataclass(frozen=True)
class Estimate:
    """The lines of a stage for a number of conversations a month; a line of quantity 0 is left out."""

    lines: tuple[Line, ...]

    def total(self, *, fixed: bool | None = None) -> float:
        """US dollars a month of the lines that have a price."""
        return sum(line.usd or 0.0 for line in self.lines if fixed in (None, line.fixed))

    @property
    def unknown(self) -> tuple[Line, ...]:
        """What is used and has no price: the total is less than the cost by these."""
        return tuple(line for line in self.lines if line.usd is None)


def foundation(model_id: str) -> str:
    """The model behind an inference profile: `apac.anthropic.x` → `anthropic.x`."""
    prefix, _, rest = model_id.partition(".")
    return rest if prefix in _PROFILES else model_id


def model_key(model_id: str, direction: str) -> str:
    return f"{MODEL}{foundation(model_id)}/{direction}"


def estimate(inventory: Inventory, values: Values, prices: Prices, conversations: float) -> Estimate:
    """The cost of a month. A model without an entry in the price file is the caller's to refuse first."""
    lines = (
        *(Line(what, many, prices[key], True) for what, many, key in _fixed(inventory, values)),
        *(
            Line(what, many * conversations, prices[key], False)
            for what, many, key in _used(inventory, values)
        ),
    )
    return Estimate(tuple(line for line in lines if line.quantity))


_Row = tuple[str, float, str]
"""What, how many, and by which price."""


def _fixed(inventory: Inventory, values: Values) -> Iterator[_Row]:
    series = inventory.metric_filters
    if inventory.interceptions:
        series += int(values["metrics_of_all"] + values["metrics_per_agent"] * len(inventory.agents))
    yield "app clients of agents", inventory.clients, "cognito_client_month"
    yield "secrets", inventory.count("AWS::SecretsManager::Secret"), "secret_month"
    yield "keys", inventory.count("AWS::KMS::Key"), "kms_key_month"
    yield "alarms", inventory.alarm_metrics, "alarm_metric_month"
    yield "dashboards", inventory.count("AWS::CloudWatch::Dashboard"), "dashboard_month"
    yield "custom metrics", series, "metric_month"
    yield "tools in the search index", inventory.indexed_tools, "gateway_indexed_tool_month"
    yield "images", len(inventory.runtimes) * values["image_gb"], "image_gb_month"
    if inventory.count("AWS::DynamoDB::Table"):
        yield "tables' storage", values["data_gb"], "dynamodb_gb_month"
    if inventory.count("AWS::S3::Bucket"):
        yield "buckets' storage", values["bucket_gb"], "bucket_gb_month"


def _used(inventory: Inventory, values: Values) -> Iterator[_Row]:
    """Of one conversation."""
    turns, sessions = values["turns"], values["agents"]
    if inventory.agents:
        yield from _model(inventory, values)
        cpu = sessions * (turns * values["cpu_seconds"] + values["start_cpu_seconds"])
        hours = sessions * (values["active_minutes"] + values["idle_minutes"]) / 60
        yield "agents' CPU", cpu / 3600, "runtime_vcpu_hour"
        yield "agents' memory", hours * values["session_gb"], "runtime_gb_hour"
        yield "agents' tokens", sessions * values["tokens_issued"], "cognito_token"
        yield "reading secrets", sessions * values["secret_requests"], "secret_request"
    if inventory.count(f"{_CORE}::Gateway"):
        yield from _gateway(inventory, values)
    yield from _evidence(inventory, values)
    yield from _parts(inventory, values)
    if inventory.users and values["conversations_per_user"]:
        yield "users who sign in", 1 / values["conversations_per_user"], "cognito_user_month"


def _model(inventory: Inventory, values: Values) -> Iterator[_Row]:
    """Calls are spread evenly over the agents: which of them talks how much is not in a template."""
    calls = values["turns"] * values["model_calls"] / len(inventory.agents)
    models = [str(agent.model) for agent in inventory.agents]
    if inventory.own_strategies:
        # A strategy of one's own reads the conversation with a model of one's own.
        calls += values["memory_model_calls"] / len(inventory.agents)
    for model in dict.fromkeys(models):
        share = calls * models.count(model)
        yield f"{foundation(model)} reads", share * values["input_tokens"], model_key(model, "input")
        yield f"{foundation(model)} writes", share * values["output_tokens"], model_key(model, "output")


def _gateway(inventory: Inventory, values: Values) -> Iterator[_Row]:
    calls = values["turns"] * values["tool_calls"]
    lists = values["agents"] * values["list_requests"]
    searches = values["turns"] * values["search_requests"] if inventory.indexed_tools else 0.0
    requests = calls + lists + searches
    intercepted = requests * inventory.interceptions
    # Tools behind an HTTP API or a provider's server need no function; all calls are taken for functions' here.
    calls_of_functions = calls if inventory.tool_gb else 0.0
    yield "gateway requests", calls + lists, "gateway_request"
    yield "searches for tools", searches, "gateway_search"
    if inventory.count(f"{_CORE}::PolicyEngine"):
        asked = calls + lists * values["list_authorizations"]
        yield "policy engine", asked, "policy_authorization"
    yield "functions' invocations", intercepted + calls_of_functions, "lambda_request"
    seconds = (
        intercepted * values["interceptor_ms"] * inventory.interceptor_gb
        + calls_of_functions * values["tool_ms"] * inventory.tool_gb
    ) / 1000
    yield "functions' time", seconds, "lambda_gb_second"
    if inventory.count("AWS::DynamoDB::Table"):
        yield "tables read", calls * values["reads"], "dynamodb_read"
        yield "tables written", calls * values["writes"], "dynamodb_write"
    if inventory.count("AWS::WAFv2::WebACLAssociation"):
        yield "AWS WAF", requests, "waf_request"


def _evidence(inventory: Inventory, values: Values) -> Iterator[_Row]:
    turns = values["turns"]
    gigabytes = turns * values["log_kb"] / 1_000_000
    if inventory.count("AWS::Logs::LogGroup"):
        yield "logs", gigabytes, "log_gb"
        # Once as many days have passed as logs are kept, so much of it is there at a time.
        yield "logs kept", gigabytes * inventory.retention_days / DAYS, "log_gb_month"
    yield "spans", turns * values["span_kb"] / 1_000_000, "span_gb"
    if inventory.count("AWS::KMS::Key"):
        yield "requests to the key", turns * values["key_requests"], "kms_request"


def _parts(inventory: Inventory, values: Values) -> Iterator[_Row]:
    """Optional parts of agents, and the front end."""
    if inventory.count(f"{_CORE}::Memory"):
        yield "memory events", values["turns"] * values["memory_events"], "memory_event"
        both = inventory.strategies + inventory.own_strategies
        if both:
            yield "memory retrievals", values["turns"] * values["memory_retrievals"], "memory_retrieval"
            own = values["memory_records"] * inventory.own_strategies / both
            yield "memory records", values["memory_records"] - own, "memory_record_month"
            yield "memory records of own strategies", own, "memory_record_own_month"
    if inventory.count("AWS::CloudFront::Distribution"):
        yield "requests of the front end", values["page_requests"], "cloudfront_request"
    if inventory.count(f"{_CORE}::CodeInterpreterCustom") or inventory.count(f"{_CORE}::BrowserCustom"):
        yield "code interpreter and browser", values["tool_sessions"], "tool_session"
