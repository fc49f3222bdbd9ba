"""Templates and conditions of a playbook: sandboxed Jinja2, strict about what is not defined.

Only text written in a playbook is ever compiled. What customers and tools say is data: it is printed as it
stands, so `{{ … }}` in a tool's answer is four braces and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from jinja2 import DictLoader, StrictUndefined, TemplateError, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

_KO_DAYS = "월화수목금토일"
_EN_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EN_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
_MACROS = "macros"
_T = TypeVar("_T")


class RenderError(Exception):
    """A template or condition met data of another form than it was written for."""


class Template:
    """A compiled text with `{{ … }}`; the shared macros are `m`."""

    def __init__(self, environment: Environment, source: str) -> None:
        self.source = source
        self._template = environment.compile_text(source)

    def render(self, values: Mapping[str, Any]) -> str:
        """The text, without surrounding blank space."""
        return _guard(self.source, lambda: str(self._template.render(values)).strip())


class Condition:
    """A compiled expression giving a value of any JSON type."""

    def __init__(self, environment: Environment, source: str) -> None:
        self.source = source
        self._expression = environment.jinja.compile_expression(source, undefined_to_none=False)

    def value(self, values: Mapping[str, Any]) -> Any:
        """The value; reading something undefined is a RenderError."""

        def compute() -> Any:
            result = self._expression(**values)
            if isinstance(result, Undefined):
                str(result)  # StrictUndefined raises, with the name that was missing.
            return result

        return _guard(self.source, compute)

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether the value is true."""
        return bool(self.value(values))


class Environment:
    """The Jinja2 environment of one playbook. `tables` are the rows entities were loaded from, by value."""

    def __init__(self, macros: str, tables: Mapping[str, Mapping[str, Any]]) -> None:
        self.jinja = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined,
            # Answers are plain text for a model's reply, never HTML.
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
            loader=DictLoader({_MACROS: macros}),
        )
        self.jinja.globals["tables"] = tables
        self.jinja.filters |= {
            "thousands": thousands,
            "long_date": long_date,
            "clock": clock,
            "days_after": days_after,
            "where": where,
            "least": least,
            "throughout": throughout,
        }
        # Compiled now so that a broken macro is found while loading.
        self.jinja.get_template(_MACROS)

    def compile_text(self, source: str) -> Any:
        """A template that sees the macros as `m`."""
        return self.jinja.from_string(f"{{%- import '{_MACROS}' as m with context -%}}\n{source}")


def _guard(source: str, compute: Callable[[], _T]) -> _T:
    try:
        return compute()
    # Whatever a tool answered may be indexed, compared or added here; none of it may break the service.
    except (TemplateError, TypeError, ValueError, LookupError, ArithmeticError, AttributeError) as error:
        raise RenderError(f"{error} (in {source.strip()[:120]!r})") from error


def thousands(value: Any) -> str:
    """`312400`, `"312400.00"` → `312,400`: whole units, rounded down."""
    return f"{int(float(value)):,}"


def _day(value: Any) -> date:
    return date.fromisoformat(str(value)[:10])


def long_date(value: Any, language: str) -> str:
    """`2026-12-03…` → `2026년 12월 3일(목)` or `Thursday, December 3, 2026`."""
    day = _day(value)
    if language == "ko":
        return f"{day.year}년 {day.month}월 {day.day}일({_KO_DAYS[day.weekday()]})"
    return f"{_EN_DAYS[day.weekday()]}, {_EN_MONTHS[day.month - 1]} {day.day}, {day.year}"


def clock(value: Any) -> str:
    """`2026-12-03T09:10(:00)` → `09:10`."""
    return datetime.fromisoformat(str(value)).strftime("%H:%M")


def days_after(value: Any, start: Any) -> int:
    """Whole days from `start` to `value`; negative where it is earlier."""
    return (_day(value) - _day(start)).days


def where(rows: Any, **wanted: Any) -> list[Any]:
    """The rows (mappings) that have all the given values."""
    return [row for row in rows if all(row.get(key) == value for key, value in wanted.items())]


def least(rows: Any, path: str) -> Any:
    """The first row whose number at a dotted path is the smallest; prices are text in many APIs."""

    return min(rows, key=lambda row: float(_at(row, path)))


def throughout(rows: Any, path: str, key: str, wanted: Any) -> list[Any]:
    """The rows in whose list at a dotted path every element has `wanted` under `key`."""
    return [row for row in rows if all(element[key] == wanted for element in _at(row, path))]


def _at(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value
