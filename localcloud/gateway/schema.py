"""A tool's input schema, compiled: checks a call's arguments and turns them into Cedar's `context.input`.

Source: AgentCore Developer Guide, "Policy schema constraints": string→String, integer→Long, number→Decimal,
boolean→Bool, array→Set, object→Record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from jsonschema import Draft202012Validator, TypeChecker
from jsonschema.validators import extend

from localcloud.gateway import wire

Convert = Callable[[Any], Any]
DECIMAL_LIMIT = Decimal(2**63 - 1) / 10_000
"""Cedar's decimal is a signed 64-bit number of ten-thousandths."""
CEDAR_ESCAPES = frozenset({"__entity", "__extn", "__expr"})
"""Member names that mean something else in Cedar's JSON, so no argument may be called so."""


class SchemaError(ValueError):
    """A tool schema this gateway cannot honour; the text says where and why."""


class ArgumentError(ValueError):
    """Arguments that do not fit the schema. The text names declared arguments and rules, never a value."""


def _is_integer(_: TypeChecker, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value in wire.INTEGERS


# JSON Schema counts 1.0 as an integer; Cedar's Long does not, nor does a 400-digit number fit it.
_Validator = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer)
)


class InputSchema:
    """One tool's compiled schema."""

    def __init__(self, where: str, schema: Mapping[str, Any]) -> None:
        if schema.get("type") != "object":
            raise SchemaError(f"{where}: input schema must be of type object, not {schema.get('type')!r}")
        self._declared = tuple(schema.get("properties", {}))
        self._validator = _Validator(_closed(schema))
        self._convert = _converter(where, schema)

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Raises `ArgumentError` on the first violation; undeclared arguments are violations."""
        for found in self._validator.iter_errors(arguments):
            path = ".".join(str(part) for part in found.absolute_path)
            raise ArgumentError(self._explain(path, str(found.validator), found.validator_value))

    def context(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """`context.input` in Cedar's JSON form, for checked arguments. Raises `ArgumentError` on a number
        that a Cedar decimal cannot hold exactly: rounding could move it across a limit."""
        converted: dict[str, Any] = self._convert(arguments)
        return converted

    def _explain(self, path: str, rule: str, value: Any) -> str:
        if rule == "additionalProperties":
            return f"unknown argument; declared are: {', '.join(self._declared) or 'none'}"
        if rule == "required":
            return f"{path or 'arguments'}: missing; required are: {', '.join(value)}"
        if rule == "type":
            return f"{path}: must be of type {value}"
        return f"{path or 'arguments'}: violates {rule}"


def _closed(schema: Any) -> Any:
    """The schema with every object that declares properties closed to others, as Cedar's records are."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    closed = {
        key: {name: _closed(child) for name, child in value.items()}
        if key == "properties"
        else _closed(value)
        for key, value in schema.items()
        if key not in ("enum", "const", "default", "example", "examples")
    }
    closed.update({key: schema[key] for key in ("enum", "const") if key in schema})
    if "properties" in schema:
        closed.setdefault("additionalProperties", False)
    return closed


def _converter(where: str, schema: Mapping[str, Any]) -> Convert:
    kind = _type(schema)
    if kind == "object":
        return _record(where, schema)
    if kind == "array":
        items = schema.get("items")
        if not isinstance(items, Mapping) or _type(items) is None:
            # Elements of unknown type have no place in Cedar's schema, so no policy can read them.
            return lambda _: []
        each = _converter(f"{where}[]", items)
        return lambda value: [each(item) for item in value]
    if kind == "number":
        return lambda value: _decimal(where, value)
    if kind in ("string", "integer", "boolean"):
        return _same
    raise SchemaError(f"{where}: type {kind!r} is none of string, number, integer, boolean, array, object")


def _type(schema: Mapping[str, Any]) -> Any:
    """The one type a value may have beside null (OpenAPI 3.1 writes `["string", "null"]`)."""
    kind = schema.get("type")
    if isinstance(kind, list):
        kinds = [each for each in kind if each != "null"]
        return kinds[0] if len(kinds) == 1 else kind
    return kind


def _record(where: str, schema: Mapping[str, Any]) -> Convert:
    fields: dict[str, Convert] = {}
    for name, child in schema.get("properties", {}).items():
        if name in CEDAR_ESCAPES:
            raise SchemaError(f"{where}.{name}: this name has a meaning of its own in Cedar; choose another")
        if _type(child) is not None:
            fields[name] = _converter(f"{where}.{name}", child)

    def convert(value: Mapping[str, Any]) -> dict[str, Any]:
        # Cedar knows no null: a null argument is one left out.
        return {name: field(value[name]) for name, field in fields.items() if value.get(name) is not None}

    return convert


def _same(value: Any) -> Any:
    return value


def _decimal(where: str, value: float) -> dict[str, Any]:
    # `repr` gives the shortest text that is this float, which is what the caller wrote.
    number = Decimal(repr(value))
    if abs(number) > DECIMAL_LIMIT or number != number.quantize(Decimal("0.0001")):
        raise ArgumentError(
            f"{where}: a policy can compare at most four decimal places, up to {DECIMAL_LIMIT:f}"
        )
    return {"__extn": {"fn": "decimal", "arg": f"{number:.4f}"}}
