"""What the distribution lets through to AgentCore: a user's question to the entry agent, and nothing else.

A CloudFront function (JavaScript runtime 2.0) that runs before the cache at every place of CloudFront. Without it the
distribution would be a door to every runtime of the region for whoever has a token of theirs.
"""

from __future__ import annotations

import json
import re

PATHS = "/runtimes/*"
"""The paths that go to AgentCore (contracts §5.2)."""

_SOURCE = """\
// Generated: lets POST of the entry agent's invocations through, and refuses everything else.
const agent = new RegExp(%(pattern)s);
const qualifier = %(qualifier)s;

function handler(event) {
  const request = event.request;
  const asked = request.querystring.qualifier;
  const known =
    request.method === 'POST' &&
    agent.test(request.uri) &&
    Object.keys(request.querystring).length === 1 &&
    asked !== undefined &&
    asked.multiValue === undefined &&
    asked.value === qualifier;
  if (known) {
    return request;
  }
  return { statusCode: 404, statusDescription: 'Not Found' };
}
"""


def source(*, region: str, account: str, runtime: str, qualifier: str) -> str:
    """The function's code. `runtime` is the entry agent's runtime's name; the service ends its id with ten characters.

    The ARN in the path is percent-encoded by the page; both spellings of a colon and a slash are let through, because
    CloudFront may normalize them (RFC 3986 §6.2.2).
    """
    arn = f"arn:[a-z-]+:bedrock-agentcore:{region}:{account}:runtime/{re.escape(runtime)}-[A-Za-z0-9]{{10}}"
    encoded = arn.replace(":", "(?::|%3[Aa])").replace("/", "(?:/|%2[Ff])")
    # The pattern's own `(?:` came into being above; the ARN has no other colon or slash.
    pattern = f"^/runtimes/{encoded}/invocations$"
    return _SOURCE % {"pattern": json.dumps(pattern), "qualifier": json.dumps(qualifier)}
