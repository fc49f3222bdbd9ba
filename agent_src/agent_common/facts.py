"""The facts every prompt states in the same words, one a line.

A prompt's first line says who the agent is; these lines follow. Their form is fixed, so that a
stand-in for the model can read them as well as a model can.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from agent_common.invocation import Invocation
from agent_common.languages import LANGUAGES

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def identity(agent: str, title: str) -> str:
    """A prompt's first line."""
    return f"You are the {agent} agent of {title}."


def facts(invocation: Invocation, now: datetime) -> str:
    """Today's and tomorrow's date, the customer, the language to answer in.

    The day is that of `now` as it stands: the service gives the time at the system's UTC offset.
    """
    today = now.date()
    tomorrow = today + timedelta(days=1)
    customer = invocation.customer_id
    lines = [
        f"Today is {today.isoformat()} ({_WEEKDAYS[today.weekday()]}). Tomorrow is {tomorrow.isoformat()}.",
        f"The customer is {customer}." if customer else "No customer is identified.",
        f"Answer in {LANGUAGES[invocation.language].name}.",
    ]
    return "\n".join(lines)
