"""The page's files at the front door: exactly those, for anybody here, and nothing around them."""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from localcloud.console import Console, Page, page_of
from localcloud.console.files import MAX_BYTES, read
from localcloud.console.headers import policy
from localcloud.control import Control, create_control
from localcloud.server.frontdoor import FrontDoor
from localcloud.server.users import Users
from localcloud.spec import LocalSystem
from localcloud.telemetry.events import EventLog
from tests.local.identity.conftest import local_system
from tests.local.server.test_users import system as system_with_users
from tests.local.server.test_users import users

URL = "http://127.0.0.1:8700"
SCRIPT = b"console.log(1);" * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    built = tmp_path / "dist"
    built.mkdir()
    (built / "index.html").write_bytes(b"<!doctype html><title>x</title>")
    (built / "app-1a2b3c4d.js").write_bytes(SCRIPT)
    (built / "app-1a2b3c4d.css").write_bytes(b"body{}")
    (built / "app-1a2b3c4d.js.map").write_bytes(b"{}")
    (built / "notes.txt").write_bytes(b"secret")
    (tmp_path / "secret-1a2b3c4d.js").write_bytes(b"secret")
    (built / "lib-1a2b3c4d.js").mkdir()
    return built


def door(folder: Path, system: LocalSystem | None = None, known: Users | None = None) -> FrontDoor:
    shown = system or with_entry(replace(local_system("http://127.0.0.1:8702"), users=None))
    control = Control(key="k", status=dict, events=EventLog(), token=lambda _: None)
    return FrontDoor(URL, {}, create_control(control), page=page_of(Console(folder), shown, known))


def with_entry(system: LocalSystem) -> LocalSystem:
    return replace(system, entry_agent=system.runtimes[0].agent)


def ask(app: Any, path: str, method: str = "GET", **options: Any) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
            return await client.request(method, path, **options)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("path", "kind", "cache"),
    [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/app-1a2b3c4d.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
        ("/app-1a2b3c4d.css", "text/css; charset=utf-8", "public, max-age=31536000, immutable"),
        ("/config.json", "application/json", "no-cache"),
    ],
)
def test_a_file_of_the_page_is_kept_back_or_kept_wrongly(
    folder: Path, path: str, kind: str, cache: str
) -> None:
    answer = ask(door(folder), path)
    assert (answer.status_code, answer.headers["content-type"], answer.headers["cache-control"]) == (
        200, kind, cache,
    )  # fmt: skip
    head = ask(door(folder), path, "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == answer.headers["content-length"]


@pytest.mark.parametrize(
    "path",
    [
        "/notes.txt",
        "/app-1a2b3c4d.js.map",
        "/index.html",
        "/lib-1a2b3c4d.js",
        "/app-00000000.js",
        "/../secret-1a2b3c4d.js",
        "/%2e%2e/secret-1a2b3c4d.js",
        "/..%2fsecret-1a2b3c4d.js",
        "/./app-1a2b3c4d.js%2f..",
        "/app-1a2b3c4d.js/",
        "/app-1a2b3c4d.js%00",
        "/config.json/",
        "/dist/index.html",
    ],
)
def test_something_else_of_the_folder_or_the_machine_is_served(folder: Path, path: str) -> None:
    answer = ask(door(folder), path)
    assert answer.status_code == 403
    assert b"secret" not in answer.content


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_the_page_takes_more_than_it_gives(folder: Path, method: str) -> None:
    assert ask(door(folder), "/", method).status_code == 403


def test_a_page_of_somebody_else_gets_this_one(folder: Path) -> None:
    for headers in ({"Host": "evil.example:8700"}, {"Origin": "http://evil.example"}):
        assert ask(door(folder), "/", headers=headers).status_code == 421


def test_an_answer_lets_the_browser_do_more_than_it_must(folder: Path) -> None:
    for path in ("/", "/config.json", "/app-1a2b3c4d.js"):
        headers = ask(door(folder), path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "camera=()" in headers["permissions-policy"]
        directives = dict(each.split(" ", 1) for each in headers["content-security-policy"].split("; "))
        assert (
            directives["default-src"] == directives["frame-ancestors"] == directives["base-uri"] == "'none'"
        )
        assert directives["script-src"] == directives["style-src"] == "'self'"
        assert not [each for each in directives.values() if "unsafe" in each or "*" in each]
    unchanged = ask(door(folder), "/", headers={"If-None-Match": ask(door(folder), "/").headers["etag"]})
    assert "content-security-policy" in unchanged.headers, "a 304 replaces what the browser keeps"


def test_the_page_may_talk_to_others_than_its_own_issuer() -> None:
    said = policy("http://127.0.0.1:8702/ap-northeast-2_Users0001")
    assert "connect-src 'self' http://127.0.0.1:8702;" in said
    assert "form-action 'self' http://127.0.0.1:8702;" in said
    assert "connect-src 'self';" in policy(None)


def test_a_compressed_file_is_another_or_is_forced_on_a_browser(folder: Path) -> None:
    app = door(folder)
    packed = ask(app, "/app-1a2b3c4d.js", headers={"Accept-Encoding": "br, gzip;q=0.5"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == SCRIPT
    assert int(packed.headers["content-length"]) < len(SCRIPT)
    for refusing in ("identity", "gzip;q=0", ""):
        plain = ask(app, "/app-1a2b3c4d.js", headers={"Accept-Encoding": refusing})
        assert "content-encoding" not in plain.headers
        assert plain.headers["etag"] != packed.headers["etag"]
        assert plain.headers["vary"] == "Accept-Encoding"


def test_an_unchanged_file_is_sent_again_or_a_changed_one_is_not(folder: Path) -> None:
    app = door(folder)
    tag = ask(app, "/").headers["etag"]
    for known in (tag, f'"other", W/{tag}', "*"):
        answer = ask(app, "/", headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
    assert ask(app, "/", headers={"If-None-Match": '"other"'}).status_code == 200
    (folder / "index.html").write_bytes(b"<!doctype html><title>y</title>")
    assert ask(door(folder), "/").headers["etag"] != tag


def test_files_are_compressed_differently_each_time(folder: Path) -> None:
    one, two = read(folder), read(folder)
    assert one == two
    assert gzip.decompress(one["/app-1a2b3c4d.js"].packed) == SCRIPT


def test_a_folder_without_a_page_serves_half_of_one(folder: Path, tmp_path: Path) -> None:
    (folder / "index.html").unlink()
    for each in (folder, tmp_path / "missing"):
        assert read(each) == {}
        assert ask(door(each), "/").status_code == 403
        assert ask(door(each), "/config.json").status_code == 200


def test_a_folder_of_any_size_is_kept_in_memory(folder: Path) -> None:
    with (folder / "big-1a2b3c4d.js").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ValueError, match="Build it again"):
        read(folder)


def test_the_page_is_told_a_secret_or_not_how_to_sign_in(folder: Path) -> None:
    app = door(folder, with_entry(system_with_users()), users())
    for host in ("localhost:8700", "127.0.0.1:8700"):
        told = ask(app, "/config.json", headers={"Host": host}).json()
        assert told["users"]["redirect_uri"] == f"http://{host}/"
    assert told["users"]["authorization_endpoint"].endswith("/oauth2/authorize")
    assert told["users"]["scopes"] == ["openid"]
    assert told["users"]["hint"] == "C1001"
    assert told["entry"]["invocations"].startswith("/runtimes/arn%3Aaws%3A")
    assert told["entry"]["invocations"].count("/") == 3, "the ARN is one part of the path"
    assert told["local"] is True
    assert not [word for word in ("secret", "key", "password") if word in json.dumps(told).lower()]


def test_the_page_is_told_of_another_system(folder: Path) -> None:
    declared = {
        "title": {"en": "Shop"},
        "languages": ["en"],
        "examples": {"en": ["?"]},
        "cards": {"a___b": {}},
    }
    made = with_entry(replace(local_system("http://127.0.0.1:8702"), users=None, console=declared))
    told = ask(door(folder, made), "/config.json").json()
    assert {key: told[key] for key in declared} == declared
    bare = ask(door(folder), "/config.json").json()
    assert bare["title"] == bare["system"], "an assembly that says nothing has a page all the same"


def test_a_system_without_users_has_no_page(folder: Path) -> None:
    told = ask(door(folder), "/config.json").json()
    assert (told["users"], told["guests"], told["control"]) == (None, True, "/_airside/")


def test_a_platform_without_a_console_serves_one() -> None:
    control = Control(key="k", status=dict, events=EventLog(), token=lambda _: None)
    app = FrontDoor(URL, {}, create_control(control))
    assert {ask(app, path).status_code for path in ("/", "/config.json")} == {403}
    assert page_of(None, local_system(URL), None) is None
    assert isinstance(Page({}, lambda _: {}, None), Page)
