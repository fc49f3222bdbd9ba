"""The facts every prompt states in the same words, one a line.

A prompt's first line says who the agent is; these lines follow. Their form is fixed, so that a
stand-in for the model can read them as well as a model can.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from agent_common.invocation import Invocation

KST = timezone(timedelta(hours=9), "KST")
"""Korea's time. It has had no daylight saving since 1988, so no time-zone database is needed."""

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def identity(agent: str, title: str) -> str:
    """A prompt's first line."""
    return f"You are the {agent} agent of {title}."


def facts(invocation: Invocation, now: datetime) -> str:
    """Today's and tomorrow's date in Korea, the customer, the language to answer in."""
    today = now.astimezone(KST).date()
    tomorrow = today + timedelta(days=1)
    customer = invocation.customer_id
    lines = [
        f"Today is {today.isoformat()} ({_WEEKDAYS[today.weekday()]}). Tomorrow is {tomorrow.isoformat()}.",
        f"The customer is {customer}." if customer else "No customer is identified.",
        "Answer in English." if invocation.language == "en" else "Answer in Korean.",
    ]
    return "\n".join(lines)
