"""The libraries of the list: agents are forked from them, and what an agent needs is among them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from localcloud.nursery import Nursery
from localcloud.nursery.libraries import ENVIRONMENT
from localcloud.server.environment import Aws
from localcloud.traces.receiver import Receiver
from localcloud.traces.recorder import Recorder
from localcloud.traces.store import TraceStore
from tests.assembly_fixture import ROOT
from tests.local.nursery.conftest import package, run, variables

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no warm process elsewhere"),
]
IMPORTED_BY_EACH = {"agent_common", "bedrock_agentcore", "opentelemetry", "sitecustomize", "strands"}
"""What an agent still imports for itself: its own code, and what reads an agent's own variables (libraries.py)."""

PROBE = """
import gc, json, sys
first = set(sys.modules)
from agent_common import delegates, gateway_tools, model, server, session_memory, turn
more = sorted(name for name in set(sys.modules) - first if name.partition(".")[0] not in sys.stdlib_module_names)

from opentelemetry import trace
gc.unfreeze()
nowhere = [
    each for holder in gc.get_objects() if type(holder) in (dict, list, tuple, set)
    for each in (holder.values() if type(holder) is dict else holder)
    if type(each) is str and HOME in each and each is not HOME
]
from botocore.loaders import Loader
from opentelemetry.sdk.resources import Resource
print(json.dumps([
    more, len(first), nowhere, Loader.CUSTOMER_DATA_PATH, type(trace.get_tracer_provider()).__module__,
    Resource.create().attributes["service.name"],
]))
"""


async def test_an_agent_imports_for_itself_what_the_list_has_or_misses(tmp_path: Path) -> None:
    """As the platform tells an agent, with the instrumentation that its image starts."""
    receiver = Receiver(TraceStore(Recorder(capacity=1)), "http://127.0.0.1:1", {"stage_agent": "agent"})
    told = {
        **Aws("http://127.0.0.1:1", "eu-north-1").variables("stage_agent"),
        **receiver.variables("stage_agent"),
    }
    home = ENVIRONMENT["HOME"]
    # In two parts, so that the probe does not find itself.
    head = f"HOME = {home[:9]!r} + {home[9:]!r}\n"
    folder = package(tmp_path / "image", head + PROBE)
    (folder / "agent_common").symlink_to(ROOT / "agent_src" / "agent_common")
    nursery = Nursery()
    try:
        code, said = await run(nursery, folder, variables(tmp_path / "home", **told, LANGUAGES="en"))
    finally:
        nursery.close()
    assert code == 0, said
    more, before, nowhere, models, provider, service = json.loads(said.splitlines()[-1])
    assert {name.partition(".")[0] for name in more} <= IMPORTED_BY_EACH
    assert len([name for name in more if not name.startswith("agent_common")]) < before / 10
    assert nowhere == []
    assert models == str(tmp_path / "home" / ".aws" / "models")
    assert (provider, service) == ("opentelemetry.sdk.trace", "agent")
