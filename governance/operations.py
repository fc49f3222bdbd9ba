"""What an environment says about its operation: thresholds, who is told, and account-wide settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Alarms:
    """When operators are told, and where they read on.

    Attributes:
        error_rate_percent: share of an agent's or the gateway's requests that fail, in percent.
        latency_p95_ms: 95th percentile of an agent's answers, in milliseconds.
        refusals: calls the interceptor refuses in five minutes.
        notify: mail addresses; each has to confirm its subscription once.
        runbook_url: where docs/runbook.md is published; an alarm's anchor is appended to it.
    """

    error_rate_percent: int
    latency_p95_ms: int
    refusals: int
    notify: tuple[str, ...]
    runbook_url: str


@dataclass(frozen=True)
class AccountSettings:
    """Settings of a whole account and region, whichever systems run in it.

    Attributes:
        transaction_search: spans go to CloudWatch Logs, where they can be searched (contracts §9).
        span_percent: share of the spans that X-Ray indexes as well, in percent.
    """

    transaction_search: bool
    span_percent: int
