"""The page that asks who is signing in: a stand-in of Cognito's managed login, without a password.

Plain HTML with a form; it works without a script, and none may run. Everything that came with the request is
escaped, and only the parameters of an authorization request are passed on.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from html import escape

from starlette.responses import Response

from localcloud.issuer.http import NO_STORE
from localcloud.issuer.sign_in import Asked
from localcloud.loopback import origin_of

LONGEST_NAME = 128
"""Characters of a user's name, as at Cognito."""
_PASSED_ON = (
    *("response_type", "client_id", "redirect_uri", "scope", "state", "nonce"),
    *("code_challenge", "code_challenge_method"),
)
_LONGEST_HEADER = 256
_RANGE = re.compile(r"(?P<tag>[a-z]{1,8})(?:-[a-z0-9]{1,8})*(?:;q=(?P<weight>[01](?:\.[0-9]{1,3})?))?")
_TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Sign in",
        "what": "This page stands in for the sign-in page of Amazon Cognito, on this machine only. It asks for no "
        "password: the users are those of the sample data.",
        "name": "User name",
        "hint": "For example {name}",
        "unknown": "Nobody here has the name “{name}”.",
        "go": "Sign in",
    },
    "ko": {
        "title": "로그인",
        "what": "이 페이지는 이 컴퓨터에서만 Amazon Cognito의 로그인 페이지를 대신합니다. 비밀번호는 묻지 않으며, "
        "사용자는 예제 데이터에 있는 사람들입니다.",
        "name": "사용자 이름",
        "hint": "예: {name}",
        "unknown": "“{name}”이라는 사용자는 없습니다.",
        "go": "로그인",
    },
}
_STYLE = (
    ":root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}"
    "body{margin:0;min-height:100vh;display:grid;place-items:center}"
    "main{max-width:24rem;padding:1.5rem}"
    "label,input,button{display:block;width:100%;box-sizing:border-box;font:inherit}"
    "input,button{padding:.6rem;margin:.3rem 0 1rem;border:1px solid;border-radius:.4rem}"
    "button{cursor:pointer;font-weight:600}"
    ":focus-visible{outline:3px solid Highlight;outline-offset:2px}"
    "[role=alert]{border-left:4px solid;padding-left:.7rem;overflow-wrap:anywhere}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def login_page(asked: Asked, accepted: str, action: str) -> Response:
    """The page for a request that does not say who signs in.

    Args:
        accepted: the browser's Accept-Language.
        action: the path of the authorization endpoint.
    """
    language = language_of(accepted)
    return Response(
        _html(asked, language, action).encode("utf-8", "replace"),
        status_code=200 if asked.unknown is None else 400,
        media_type="text/html",
        headers={
            **NO_STORE,
            "Content-Language": language,
            "Vary": "Accept-Language",
            "Content-Security-Policy": _policy(asked.callback),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
        },
    )


def language_of(accepted: str) -> str:
    """The language of ours that a browser likes best (RFC 9110 §12.5.4), English where it tells none."""
    best, liked = "en", 0.0
    for item in accepted[:_LONGEST_HEADER].lower().replace(" ", "").split(","):
        found = _RANGE.fullmatch(item)
        if found and found["tag"] in _TEXTS and float(found["weight"] or 1) > liked:
            best, liked = found["tag"], float(found["weight"] or 1)
    return best


def _policy(callback: str) -> str:
    # A form's redirect counts as its action, and the callback is registered.
    return (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self' {origin_of(callback)}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def _html(asked: Asked, language: str, action: str) -> str:
    texts = _TEXTS[language]
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(asked.parameters[name])}">'
        for name in _PASSED_ON
        if name in asked.parameters
    )
    fault = described = ""
    if asked.unknown is not None:
        told = texts["unknown"].format(name=escape(asked.unknown[:LONGEST_NAME]))
        fault, described = f'<p role="alert" id="fault">{told}</p>', ' aria-invalid="true"'
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{texts['title']}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{texts['title']}</h1><p>{texts['what']}</p>{fault}"
        f'<form method="get" action="{escape(action)}">{hidden}'
        f'<label for="name">{texts["name"]}</label>'
        f'<input id="name" name="username" required autofocus maxlength="{LONGEST_NAME}" autocomplete="username"'
        f' autocapitalize="none" spellcheck="false" aria-describedby="hint{" fault" if fault else ""}"{described}>'
        f'<p id="hint">{texts["hint"].format(name=escape(asked.example))}</p>'
        f'<button type="submit">{texts["go"]}</button></form></main></body></html>'
    )
