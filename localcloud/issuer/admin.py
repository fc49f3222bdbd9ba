"""The operations of Amazon Cognito that rotate a client's secret, on the wire (AWS JSON 1.1).

`POST /` with `X-Amz-Target: AWSCognitoIdentityProviderService.<operation>`. They are the operator's alone: no role
of a stage may change who an agent is, so every other caller is refused before anything is looked up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from localcloud.issuer.client_secrets import ClientSecret, ClientSecrets, SecretsError
from localcloud.signed import OPERATOR, caller
from localcloud.spec import UserPool

MAX_BODY = 8 * 1024
_TARGET = "AWSCognitoIdentityProviderService."
_SECRET_ID = re.compile(r"[\x21-\x7e]{1,128}")
_CLIENT = frozenset({"UserPoolId", "ClientId"})

Answer = dict[str, Any]


def create_admin(pool: UserPool, secrets: ClientSecrets) -> ASGIApp:
    """The ASGI application for requests signed for `cognito-idp`; `pool` is the agents'."""

    def add(body: Mapping[str, Any]) -> Answer:
        client = _client(pool, body, "ClientSecret")
        value = _text(body, "ClientSecret") if "ClientSecret" in body else None
        made, generated = secrets.add(client, value)
        shown = {} if generated is None else {"ClientSecretValue": generated}
        return {"ClientSecretDescriptor": {**_described(made), **shown}}

    def listed(body: Mapping[str, Any]) -> Answer:
        return {"ClientSecrets": [_described(each) for each in secrets.of(_client(pool, body))]}

    def delete(body: Mapping[str, Any]) -> Answer:
        client, secret_id = _client(pool, body, "ClientSecretId"), _text(body, "ClientSecretId")
        if not _SECRET_ID.fullmatch(secret_id):
            raise SecretsError("InvalidParameterException", "ClientSecretId takes 1 to 128 characters.")
        secrets.delete(client, secret_id)
        return {}

    return _Admin(
        {
            "AddUserPoolClientSecret": add,
            "ListUserPoolClientSecrets": listed,
            "DeleteUserPoolClientSecret": delete,
        }
    )


class _Admin:
    def __init__(self, operations: Mapping[str, Callable[[Mapping[str, Any]], Answer]]) -> None:
        self._operations = operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except SecretsError as error:
            response = _json({"__type": error.kind, "message": str(error)}, 400)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if caller(request.headers.get("authorization")) != OPERATOR:
            refused = {
                "__type": "AccessDeniedException",
                "message": "Only the operator may administer the user pool.",
            }
            return _json(refused, 403)
        name = request.headers.get("x-amz-target", "")
        operation = self._operations.get(name.removeprefix(_TARGET)) if name.startswith(_TARGET) else None
        if operation is None or request.method != "POST":
            raise SecretsError("UnknownOperationException", f"{name[:80]!r} has no local stand-in.")
        return _json(operation(await _body(request)), 200)


async def _body(request: Request) -> Mapping[str, Any]:
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BODY:
            raise SecretsError("InvalidParameterException", f"The request is larger than {MAX_BODY} bytes.")
    try:
        found = json.loads(bytes(raw))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise SecretsError("InvalidParameterException", "The request must be a JSON object.")
    return found


def _client(pool: UserPool, body: Mapping[str, Any], *more: str) -> str:
    """The client id a request is about; a member nothing here reads is refused."""
    if unknown := sorted(set(body) - _CLIENT - set(more)):
        raise SecretsError("InvalidParameterException", f"{unknown[0][:64]!r} has no local stand-in.")
    if _text(body, "UserPoolId") != pool.pool_id:
        raise SecretsError("ResourceNotFoundException", "User pool does not exist, or is no pool of agents.")
    return _text(body, "ClientId")


def _text(body: Mapping[str, Any], key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not value:
        raise SecretsError("InvalidParameterException", f"{key} is required and must be a text.")
    return value


def _described(secret: ClientSecret) -> Answer:
    return {"ClientSecretId": secret.secret_id, "ClientSecretCreateDate": secret.created.timestamp()}


def _json(body: Answer, status: int) -> Response:
    headers = {"content-type": "application/x-amz-json-1.1", "cache-control": "no-store"}
    if "__type" in body:
        headers["x-amzn-errortype"] = str(body["__type"])
    return Response(json.dumps(body), status, headers)
