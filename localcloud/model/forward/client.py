"""The connection to the user's model server; its failures in the form Bedrock would give them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

import httpx

from localcloud.model.errors import BedrockError
from localcloud.model.forward.settings import ForwardSettings
from localcloud.model.forward.stream import parts
from localcloud.model.forward.translate import chat_request
from localcloud.model.reply import Part
from localcloud.model.request import ConverseRequest

_ERRORS = {
    400: ("ValidationException", "refused the request as malformed"),
    401: ("AccessDeniedException", "refused the API key"),
    403: ("AccessDeniedException", "refused access"),
    404: ("ResourceNotFoundException", "does not know the model, or the base URL's path is wrong"),
    408: ("ModelTimeoutException", "timed out"),
    413: ("ValidationException", "refused the request as too large"),
    422: ("ValidationException", "refused the request as malformed"),
    429: ("ThrottlingException", "asks to slow down"),
}


class Forwarder:
    """Sends requests on. Nothing of the prompt, the answer or the key is in any message it raises."""

    def __init__(self, settings: ForwardSettings, environment: Mapping[str, str]) -> None:
        self._settings = settings
        self._client = httpx.AsyncClient(
            headers=settings.headers(environment),
            timeout=settings.timeout,
            # The one address the user named is all that is ever contacted: no proxy, no redirect.
            trust_env=False,
            follow_redirects=False,
        )

    async def converse(self, request: ConverseRequest) -> AsyncGenerator[Part, None]:
        """The answer as it arrives."""
        url = self._settings.base_url.rstrip("/") + "/chat/completions"
        body = chat_request(request, self._settings.model)
        try:
            async with self._client.stream("POST", url, json=body) as response:
                if response.status_code != 200:
                    raise self._refused(response.status_code)
                async with aclosing(parts(response.aiter_lines())) as arriving:
                    async for part in arriving:
                        yield part
        except httpx.TimeoutException:
            seconds = self._settings.timeout
            raise BedrockError(
                "ModelTimeoutException", f"The model server gave nothing for {seconds:g} seconds."
            ) from None
        except httpx.ConnectError:
            raise BedrockError(
                "ServiceUnavailableException",
                f"No model server answers at {self._settings.base_url}. Start it, or ask without forwarding.",
            ) from None
        except httpx.HTTPError as error:
            raise BedrockError(
                "ModelErrorException", f"The model server broke off ({type(error).__name__})."
            ) from None

    def _refused(self, status: int) -> BedrockError:
        default = (
            "ServiceUnavailableException" if status in {502, 503, 504} else "ModelErrorException",
            "failed",
        )
        code, what = _ERRORS.get(status, default)
        return BedrockError(code, f"The model server {what} (HTTP {status}, model {self._settings.model!r}).")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()
