"""What stands where a declaration is looked for is read to its end only where it has one."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from governance.document import MAX_BYTES
from tests.governance.conftest import Shop

AGENT = "systems/shop/agents/clerk.yaml"


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "large"])
def test_what_is_no_file_is_read_without_end(shop: Shop, only_problem: Callable[[], str], kind: str) -> None:
    path = shop.root / AGENT
    path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.write_text("#" * (MAX_BYTES + 1), encoding="utf-8")
    problem = only_problem()
    assert problem.startswith(f"{AGENT}: ")
    assert ("larger than" if kind == "large" else "is no file") in problem
