"""The page that asks who signs in: it says what it is, passes on what it must, and runs nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import httpx
import pytest

from localcloud.issuer.login_page import language_of
from tests.local.issuer.users_kit import CALLBACK, OTHER_CALLBACK, POOL_ID, Browser, asking, told

HOSTILE = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>{0.__class__}"


@pytest.fixture
def browser() -> Browser:
    return Browser()


class Form(HTMLParser):
    """What a browser makes of the page: its tags, and the form's fields."""

    def __init__(self, reply: httpx.Response) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fields: dict[str, str] = {}
        self.attributes: set[str] = set()
        self.action = ""
        self.method = ""
        self.language = ""
        self.text = ""
        self.feed(reply.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.attributes |= given.keys()
        if tag == "form":
            self.action, self.method = given["action"], given["method"]
        if tag == "html":
            self.language = given["lang"]
        if tag == "input":
            self.fields[given["name"]] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        self.text += data


def page(browser: Browser, **change: str | None) -> httpx.Response:
    return browser.authorize(**{"login_hint": None, **change})


def test_a_browser_without_scripts_cannot_sign_in(browser: Browser) -> None:
    reply = page(browser)
    assert (reply.status_code, "location" in reply.headers) == (200, False)
    form = Form(reply)
    assert form.method == "get"
    assert form.fields == {**asking(login_hint=None), "username": ""}
    sent = browser.ask("GET", form.action, params={**form.fields, "username": " C1001 "})
    assert sent.headers["location"].startswith(f"{CALLBACK}?code=")
    assert told(sent)["state"] == "s t&="
    assert browser.redeem(told(sent)["code"]).status_code == 200


def test_a_name_nobody_has_gets_a_code_or_no_answer(browser: Browser) -> None:
    for name in ("C9999", "", "c1001", HOSTILE, "x" * 5000):
        reply = page(browser, username=name)
        assert reply.status_code == 400
        form = Form(reply)
        assert "Nobody here has the name" in form.text
        assert name[:128] in form.text
        assert form.fields["username"] == ""
        assert len(reply.content) < 6000


def test_what_came_with_the_request_becomes_markup(browser: Browser) -> None:
    reply = page(browser, username=HOSTILE, state=HOSTILE, nonce=HOSTILE, lang=HOSTILE)
    form = Form(reply)
    assert (form.fields["state"], form.fields["nonce"]) == (HOSTILE, HOSTILE)
    assert "lang" not in form.fields, "only an authorization request's own parameters are passed on"
    assert not {"script", "img", "iframe", "a", "link"} & set(form.tags)
    assert not [name for name in form.attributes if name.startswith("on")]
    assert form.tags.count("form") == 1


def test_the_page_may_run_load_or_send_what_it_need_not(browser: Browser) -> None:
    reply = page(browser, redirect_uri=OTHER_CALLBACK)
    said = dict(each.split(" ", 1) for each in reply.headers["content-security-policy"].split("; "))
    style = re.search(r"<style>(.*)</style>", reply.text)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert said == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "form-action": "'self' https://console.example",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_a_line_end_in_the_state_becomes_a_header(browser: Browser) -> None:
    state = "a\r\nSet-Cookie: b=c\r\n\r\n<script>"
    reply = browser.authorize(state=state)
    assert "set-cookie" not in reply.headers
    assert told(reply)["state"] == state
    assert Form(page(browser, state=state)).fields["state"] == state


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uri": "http://evil.example/"},
        {"redirect_uri": f"{CALLBACK}@evil.example/"},
        {"client_id": "nobody"},
    ],
)
def test_the_page_asks_for_somebody_who_is_not_registered(browser: Browser, change: dict[str, str]) -> None:
    reply = page(browser, **change)
    assert reply.status_code == 400
    assert "<form" not in reply.text


def test_the_page_passes_for_the_real_one_or_cannot_be_heard(browser: Browser) -> None:
    form = Form(page(browser))
    assert "stands in for the sign-in page of Amazon Cognito" in form.text
    assert "no password" in form.text
    assert {"main", "h1", "label", "title"} <= set(form.tags)
    again = page(browser, username="C9999").text
    assert 'role="alert"' in again
    assert 'aria-invalid="true"' in again


def test_a_korean_browser_gets_english(browser: Browser) -> None:
    reply = browser.ask(
        "GET",
        f"/{POOL_ID}/oauth2/authorize",
        params=asking(login_hint=None),
        headers={"Accept-Language": "ko-KR,ko;q=0.9,en;q=0.8"},
    )
    assert Form(reply).language == reply.headers["content-language"] == "ko"
    assert "비밀번호는 묻지 않으며" in reply.text
    assert reply.headers["vary"] == "Accept-Language"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("ko", "ko"),
        ("KO-kr", "ko"),
        ("fr, ko;q=0.1", "ko"),
        ("en;q=0.4, ko;q=0.5", "ko"),
        ("en, ko", "en"),
        ("ko;q=0", "en"),
        ("*", "en"),
        ("ko;q=9", "en"),
        ("ko;q=1.0000000", "en"),
        ("<script>", "en"),
        ("de," * 1000 + "ko", "en"),
        (";;;,,,=q=", "en"),
        ("ko;q=NaN", "en"),
    ],
)
def test_a_header_nobody_would_send_chooses_the_language(accepted: str, language: str) -> None:
    assert language_of(accepted) == language


def post(browser: Browser, origin: str | None, path: str = "token") -> httpx.Response:
    headers = {} if origin is None else {"Origin": origin}
    form = {
        "grant_type": "authorization_code",
        "client_id": "console-client",
        "code": browser.code(),
        "redirect_uri": CALLBACK,
        "code_verifier": "v" * 43,
    }
    return browser.ask("POST", f"/{POOL_ID}/oauth2/{path}", data=form, headers=headers)


@pytest.mark.parametrize("origin", ["http://localhost:8700", "https://console.example"])
def test_the_page_cannot_read_the_tokens_it_asked_for(browser: Browser, origin: str) -> None:
    answer = post(browser, origin)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["vary"] == "Origin"
    refused = browser.ask("POST", f"/{POOL_ID}/oauth2/token", data={"a": "b"}, headers={"Origin": origin})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (400, origin)


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "https://localhost:8700",
        "http://localhost:8701",
        "http://LOCALHOST:8700",
        "http://localhost:8700/",
        "null",
        "http://localhost:8700.evil.example",
    ],
)
def test_a_page_of_somebody_else_reads_the_tokens(browser: Browser, origin: str) -> None:
    answer = post(browser, origin)
    assert answer.status_code == 421
    assert "access-control-allow-origin" not in answer.headers


def test_the_page_reads_more_of_the_issuer_than_the_tokens(browser: Browser) -> None:
    headers = {"Origin": "http://localhost:8700"}
    for method, path in (("GET", "oauth2/authorize"), ("OPTIONS", "oauth2/token"), ("GET", "oauth2/token")):
        answer = browser.ask(method, f"/{POOL_ID}/{path}", headers=headers)
        assert answer.status_code == 421, path
    assert "access-control-allow-origin" not in post(browser, None).headers
