"""A server on a port of its own choosing, a log that keeps events, and a playbook about a library."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import uvicorn
from botocore.config import Config

from localcloud.server.serving import Server

AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=LOCAL.library_dev_librarian/20261121/ap-northeast-2/bedrock/aws4_request, "
    f"SignedHeaders=host, Signature={'0' * 64}"
)
AGENTS = {"library_dev_librarian": "librarian"}
MODEL = "some.model-v1:0"
TOOL_CONFIG = {
    "tools": [
        {"toolSpec": {"name": name, "description": "d", "inputSchema": {"json": {"type": "object"}}}}
        for name in ("catalog___find", "catalog___lend", "catalog___note")
    ]
}
SYSTEM = [{"text": "Today is 2026-11-21.\nThe reader is R7."}]


def said(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"text": text}]}]


class Events:
    """An EventLog."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []

    def record(self, event: Mapping[str, Any]) -> None:
        """Keep one."""
        self.kept.append(dict(event))


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The address of `app`, served in a thread until the block ends."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    # From here on connections wait in the queue instead of being refused while the server starts.
    sock.listen(64)
    config = uvicorn.Config(app, log_config=None, lifespan="on", loop="asyncio", ws="none")
    server = Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    finally:
        server.end()
        thread.join(10)
        sock.close()


@contextmanager
def bedrock(url: str, runtime: str = "library_dev_librarian") -> Iterator[Any]:
    """A real bedrock-runtime client of a runtime's process."""
    client = boto3.client(
        "bedrock-runtime",
        endpoint_url=url,
        region_name="ap-northeast-2",
        aws_access_key_id=f"LOCAL.{runtime}",
        aws_secret_access_key="irrelevant",
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )
    try:
        yield client
    finally:
        client.close()


ENTITIES = """
languages: [en, ko]
context:
  today: 'Today is (\\d{4}-\\d{2}-\\d{2})'
  reader: 'The reader is (R\\d+)'
answer_language:
  ko: 'Answer in Korean'
refused: ['access denied']
entities:
  date: {kind: date}
  ordinal: {kind: ordinal}
  count: {kind: count}
  reader: {kind: pattern, match: ['\\bR\\d+\\b']}
  book:
    kind: table
    file: ../data/books.json
    value: isbn
    codes: [isbn]
    names: [title.en, title.ko]
    ignore: [it, it is it]
"""
PHRASES = """
messages:
  fallback:
    en: "An offline playbook, not a language model. {{ about }}"
    ko: "언어 모델이 아닙니다. {{ about }}"
  not_offered: "{{ tool }} is not offered"
  refused: "{{ tool }} was refused"
  failed: "{{ tool }} failed {{ outcome.code or '' }}"
  unreadable: "unreadable"
macros: |
  {% macro loud(text) %}{{ text | upper }}!{% endmacro %}
"""
REQUESTS = """
slots:
  book: {entity: book, rest: first, ask: {en: "Which book?", ko: "어느 책인가요?"}}
  reader: {entity: reader, rest: first, context: reader, ask: "Who are you?"}
  day: {entity: date, rest: first}
  number: {entity: ordinal, rest: first}
requests:
  lend:
    needs: [book, reader]
    may: [day]
    match: ['\\blend\\b', '빌려']
    followup: ['^\\W*(?:what about|and)\\W*{book}\\W*$']
"""
LIBRARIAN = """
agent: librarian
about: {en: "I lend books.", ko: "책을 빌려드립니다."}
intents:
  lend:
    is: lend
    steps:
      - call: catalog___find
        as: found
        args: {isbn: "{{ book }}", deep: {copies: "{{ 1 + 1 }}", day: "{{ day }}"}}
        errors: {gone: "{{ book }} is gone"}
      - say: "Not there."
        when: "not results.found.data.copies"
      - together:
          - {call: catalog___lend, as: lent, args: {isbn: "{{ book }}", reader: "{{ reader }}"}}
          - {call: catalog___note, as: noted, optional: true, args: {text: "for {{ reader }}"}}
      - find: 'shelf (?P<shelf>\\w+)'
        as: place
        in: "results.found.data.where"
      - say: >-
          {{ m.loud(results.found.data.title) }} {{ place.shelf }}
          {{ 'noted' if results.noted.ok else results.noted.status }}
  many:
    match: ['\\bmany\\b']
    steps:
      - let: {isbns: "['1', '2']"}
      - {call: catalog___find, as: all, each: "isbns", args: {isbn: "{{ item }}"}}
      - say: "{% for one in results.all %}{{ one.data.title }};{% endfor %}"
  again:
    match: ['\\bagain\\b']
    steps:
      - let: {before: "earlier('catalog___find')"}
      - say: "nothing before"
        when: "before is none"
      - say: "before: {{ before.outcome.data.title }} {{ before.input.isbn }}"
  echo:
    match: ['\\becho\\b']
    steps:
      - {call: catalog___find, as: found, args: {text: "{{ text }}"}}
      - say: "got {{ results.found.text }}"
"""
BOOKS = '[{"isbn": "ISBN1", "title": {"en": "Emma", "ko": "엠마"}}, {"isbn": "IT", "title": {"en": "It"}}]'


def write_library(root: Path, **changed: str) -> Path:
    """The library's playbook folder under `root`; `changed` replaces whole files by name."""
    folder = root / "library" / "playbook"
    folder.mkdir(parents=True)
    (root / "library" / "data").mkdir()
    (root / "library" / "data" / "books.json").write_text(BOOKS, encoding="utf-8")
    files = {"entities": ENTITIES, "phrases": PHRASES, "requests": REQUESTS, "librarian": LIBRARIAN}
    for name, text in (files | changed).items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder
