"""The function that publishes the console, over fakes of S3 and CloudFront that keep what they are told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from site_publisher.files import SiteError, of_folder
from site_publisher.handler import publisher
from site_publisher.request import put
from site_publisher.site import Site

ANSWER_TO = "https://answers.example/stack?signature=TOP-SECRET"


class Bucket:
    """S3 as far as a site needs it. `order` tells in which order objects came."""

    def __init__(self, *keys: str) -> None:
        self.objects: dict[str, dict[str, Any]] = {key: {} for key in keys}
        self.versions = [(key, version) for key in keys for version in ("new", "old")]
        self.order: list[str] = []
        self.refuses: set[str] = set()

    def put_object(self, *, Bucket: str, Key: str, **more: Any) -> None:
        if "put" in self.refuses:
            raise PermissionError(f"no {Key} for you at {ANSWER_TO}")
        assert Bucket == "site"
        self.objects[Key] = more
        self.order.append(Key)

    def get_paginator(self, operation: str) -> Bucket | Versions:
        return self if operation == "list_objects_v2" else Versions(self)

    def paginate(self, *, Bucket: str) -> Iterator[dict[str, Any]]:
        assert Bucket == "site"
        keys = list(self.objects)
        for start in range(0, len(keys), 2):
            yield {"Contents": [{"Key": key} for key in keys[start : start + 2]]}
        yield {}

    def delete_objects(self, *, Bucket: str, Delete: dict[str, Any]) -> dict[str, Any]:
        listed = [each["Key"] for each in Delete["Objects"]]
        assert 0 < len(listed) <= 1000
        if "delete" in self.refuses:
            return {"Errors": [{"Key": key, "Code": "AccessDenied"} for key in listed]}
        for each in Delete["Objects"]:
            if "VersionId" in each:
                self.versions.remove((each["Key"], each["VersionId"]))
            self.objects.pop(each["Key"], None)
        return {}


class Versions:
    """A bucket's versions and what marks objects as deleted."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def paginate(self, *, Bucket: str) -> Iterator[dict[str, Any]]:
        assert Bucket == "site"
        listed = [{"Key": key, "VersionId": version} for key, version in self._bucket.versions]
        yield {"Versions": listed[::2], "DeleteMarkers": listed[1::2]}
        yield {}


class Edge:
    def __init__(self) -> None:
        self.invalidations: list[dict[str, Any]] = []

    def create_invalidation(self, **asked: Any) -> None:
        self.invalidations.append(asked)


class Stack:
    """Calls the function as CloudFormation does and keeps its answers."""

    def __init__(self, bucket: Bucket, edge: Edge, folder: Path) -> None:
        self.answers: list[tuple[str, dict[str, Any]]] = []

        def opened(name: str, distribution: str) -> Site:
            return Site(bucket, edge, bucket=name, distribution=distribution)

        def send(address: str, body: bytes) -> None:
            self.answers.append((address, json.loads(body)))

        self._handler = publisher(opened, send, folder)

    def ask(self, kind: str, **properties: str) -> dict[str, Any]:
        event = {
            "RequestType": kind,
            "ResponseURL": ANSWER_TO,
            "StackId": "arn:aws:cloudformation:eu-west-1:111122223333:stack/console/1",
            "RequestId": "request-1",
            "LogicalResourceId": "Published",
            "ResourceProperties": {
                "Bucket": "site",
                "Distribution": "E1",
                "Config": '{"title": "항공"}',
                **properties,
            },
        }
        self._handler(event, None)
        address, answer = self.answers[-1]
        assert (address, len(self.answers)) == (ANSWER_TO, 1)
        self.answers.clear()
        return answer


@pytest.fixture
def page(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html>", encoding="utf-8")
    (folder / "app-0123456789ab.js").write_text("0", encoding="utf-8")
    (folder / "app-0123456789ab.css").write_text("a{}", encoding="utf-8")
    return folder


def test_a_new_page_is_there_before_anybody_is_sent_to_it(page: Path) -> None:
    bucket, edge = Bucket("app-former00.js", "old/index.html"), Edge()
    answer = Stack(bucket, edge, page).ask("Update")
    assert answer["Status"] == "SUCCESS"
    assert bucket.order[-2:] == ["config.json", "index.html"]
    assert set(bucket.objects) == {
        "app-0123456789ab.css",
        "app-0123456789ab.js",
        "config.json",
        "index.html",
    }
    assert json.loads(bucket.objects["config.json"]["Body"]) == {"title": "항공"}
    assert [each["DistributionId"] for each in edge.invalidations] == ["E1"]
    assert edge.invalidations[0]["InvalidationBatch"]["Paths"] == {"Quantity": 1, "Items": ["/*"]}


def test_only_what_never_changes_is_kept_without_asking(page: Path) -> None:
    kept = {file.key: (file.content_type, file.cache_control) for file in of_folder(page)}
    assert kept == {
        "app-0123456789ab.css": ("text/css; charset=utf-8", "public, max-age=31536000, immutable"),
        "app-0123456789ab.js": ("text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
        "index.html": ("text/html; charset=utf-8", "no-cache"),
    }


def test_a_bucket_is_emptied_before_it_goes_however_full_it_is(page: Path) -> None:
    bucket, edge = Bucket(*(f"{number:04}.js" for number in range(2_001))), Edge()
    assert Stack(bucket, edge, page).ask("Delete")["Status"] == "SUCCESS"
    assert (bucket.objects, bucket.versions) == ({}, [])
    assert edge.invalidations == []
    assert Stack(bucket, edge, page).ask("Delete")["Status"] == "SUCCESS"


@pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
@pytest.mark.parametrize("refused", ["put", "delete"])
def test_cloudformation_waits_an_hour_for_an_answer(
    page: Path, kind: str, refused: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket = Bucket("former.js")
    bucket.refuses = {refused}
    answer = Stack(bucket, Edge(), page).ask(kind)
    failed = refused == "delete" or kind != "Delete"
    assert answer["Status"] == ("FAILED" if failed else "SUCCESS")
    assert "TOP-SECRET" not in json.dumps(answer) + capsys.readouterr().out


def test_a_broken_configuration_or_page_is_told_in_the_stacks_events(page: Path) -> None:
    stack = Stack(Bucket(), Edge(), page)
    assert stack.ask("Create", Config="{")["Reason"] == "JSONDecodeError: see the function's log group"
    (page / "model.bin").write_bytes(b"\0")
    assert stack.ask("Create")["Reason"] == "model.bin: no content type is known for .bin"
    (page / "model.bin").unlink()
    (page / "index.html").unlink()
    assert stack.ask("Create")["Reason"].startswith("the asset has no index.html")
    with pytest.raises(SiteError):
        list(of_folder(page))


def test_another_bucket_is_another_resource(page: Path) -> None:
    """CloudFormation deletes what has another id than before, which empties the former bucket."""
    stack = Stack(Bucket(), Edge(), page)
    first, again = stack.ask("Create"), stack.ask("Update")
    assert first["PhysicalResourceId"] == again["PhysicalResourceId"] == "site-of-site"


def test_the_answer_goes_nowhere_but_to_https() -> None:
    with pytest.raises(ValueError, match="not https"):
        put("file:///etc/passwd", b"{}")
