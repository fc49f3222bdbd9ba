"""An OpenAPI document with every kind of parameter, and the target made of it."""

from __future__ import annotations

from typing import Any

from localcloud.spec import Credential, Target

PROVIDER = (
    "arn:aws:bedrock-agentcore:us-east-1:111122223333:token-vault/default/oauth2credentialprovider/flights"
)
TEXT = {"type": "string"}


def parameter(name: str, place: str = "query", **more: Any) -> dict[str, Any]:
    schema = more.pop("schema", TEXT)
    return {"name": name, "in": place, "required": place == "path", "schema": schema, **more}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Flights", "version": "1"},
    "servers": [{"url": "https://flights.example.com/v2/"}],
    "paths": {
        "/offers": {
            "get": {
                "operationId": "search_flights",
                "summary": "Searches flights.",
                "parameters": [
                    parameter(
                        "origin",
                        required=True,
                        description="IATA code.",
                        schema={**TEXT, "pattern": "^[A-Z]{3}$"},
                    ),
                    parameter("adults", schema={"type": "integer", "minimum": 1, "maximum": 9}),
                    parameter("direct", schema={"type": "boolean"}),
                    parameter("cabins", schema={"type": "array", "items": TEXT}),
                    parameter("codes", explode=False, schema={"type": "array", "items": TEXT}),
                    parameter("X-Trip", "header"),
                ],
            }
        },
        "/orders/{order}/items/{item}": {
            "parameters": [parameter("order", "path")],
            "put": {
                "operationId": "change_item",
                "description": "Changes an item.",
                "parameters": [parameter("item", "path", schema={"type": "integer"})],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Change"}}},
                },
            },
        },
        **{
            f"/{name}": {"get": {"operationId": name, "description": f"Answers {name}."}}
            for name in ("fails", "redirects", "floods", "text", "latin")
        },
    },
    "components": {
        "schemas": {
            "Change": {
                "type": "object",
                "required": ["seat"],
                "properties": {"seat": TEXT, "note": {"$ref": "#/components/schemas/Note"}},
            },
            "Note": {"type": "object", "properties": {"text": TEXT}},
        }
    },
}


def target(document: Any = None, credential: Credential | None = None) -> Target:
    return Target(
        "flights-api", "TARGET0009", "openapi", document=document or DOCUMENT, credential=credential
    )
