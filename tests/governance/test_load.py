"""The loader: every problem at once, each with file, line and key, and nothing doubtful accepted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from governance.load import AIRSIDE_ROOT, load_project
from tests.governance.conftest import Shop

AGENT = "systems/shop/agents/clerk.yaml"
TARGET = "systems/shop/targets/stock.yaml"
PARCELS = "systems/shop/targets/parcels.yaml"
SYSTEM = "systems/shop/system.yaml"
ENVIRONMENT = "environments/dev.yaml"

ACL = "arn:aws:wafv2:eu-west-1:444455556666:regional/webacl/guard/0a1b2c3d-0a1b-4c3d-8e9f-0a1b2c3d4e5f"

DEFECTS = [
    # file, old, new, what the one problem must say
    (AGENT, "owner: front", "ownr: front", None),
    (AGENT, "turns: 4", "turns: 0", "clerk.yaml:10: limits.turns: 0 is less than the minimum of 1"),
    (AGENT, "turns: 4", "turns: yes", "limits.turns: is True"),
    (AGENT, "model: small", "model: large", "clerk.yaml:5: model: is 'large', which environments/dev.yaml"),
    (AGENT, "[find, sell]", "[find, steal]", "may_call.stock[1]: grants 'steal', which is no tool of stock"),
    (AGENT, "[find, sell]", "[find, Sell]", "grants 'Sell'"),
    (AGENT, "[find, sell]", "[find, find]", "may_call.stock: is ['find', 'find']. Write"),
    (AGENT, "[find, sell]", "find", "may_call.stock: is 'find'"),
    (AGENT, "[find, sell]", '["*"]', "grants '*', which is no tool of stock"),
    (AGENT, "stock: [find", "stok: [find", "may_call.stok: is no target. Known: parcels, stock."),
    (AGENT, "[auditor]", "[auditer]", "names the unknown agent 'auditer'"),
    (AGENT, "[auditor]", "[clerk]", "closes a cycle of delegations"),
    (AGENT, "agent: clerk", "agent: clark", "agent: is 'clark' but its file says 'clerk'"),
    (AGENT, "protocol: http", "protocol: http\nprotocol: http", "clerk.yaml:5: protocol: stands twice"),
    (AGENT, "purpose: Serves", 'purpose: "Serves\\u202e"\nx-owner: &a Serves', None),
    (AGENT, "Serves customers.", "''", "purpose: '' should be non-empty"),
    (AGENT, "Serves customers.", '"Serves\\u202ecustomers."', "holds the invisible character U+202E"),
    (AGENT, "Serves customers.", '"Serves\\u200bcustomers."', "holds the invisible character U+200B"),
    (AGENT, "Serves customers.", "!!python/object:os.system x", "has the type"),
    (AGENT, "Serves customers.", "2026-11-21", "has the type 'timestamp'"),
    (TARGET, "function: tool_stock", "function: tool_stork", "has no package lambda/tool_stork"),
    (TARGET, "effect: irreversible", "effect: fatal", "is 'fatal'. One of: read, write, irreversible."),
    (TARGET, "    effect: irreversible\n", "", "tools.sell.effect: is missing"),
    (TARGET, "required: [sku]", "required: [sku, size]", "requires 'size', which is no input"),
    (
        TARGET,
        "type: integer",
        "type: integer, minimum: 1",
        "tools.find.input.most.minimum: is not a known key",
    ),
    (TARGET, "tables: [goods]", "tables: [bads]", "tables[0]: names the unknown table 'bads'"),
    (TARGET, "  sell:", "  sell__:", "grants 'sell', which is no tool of stock"),
    (TARGET, "description: Goods", "description: >\n  " + "x" * 201 + "\n#", "is too long"),
    (PARCELS, "provider: post", "provider: pest", "provider: is 'pest'. Known: post."),
    (PARCELS, "spec: parcels.json", "spec: missing.json", "names api/missing.json, which cannot be read"),
    (PARCELS, "  quote:", "  quota:", None),
    (SYSTEM, "entry_agent: clerk", "entry_agent: boss", "system.yaml:4: entry_agent: is 'boss'"),
    (SYSTEM, "languages: [de, en]\n", "", "languages: is missing. Add it."),
    (SYSTEM, "[de, en]", "[]", "system.yaml:5: languages: [] should be non-empty"),
    (SYSTEM, "[de, en]", "[de, xx]", "system.yaml:5: languages[1]: is 'xx'. One of: ar, "),
    (SYSTEM, "[de, en]", "[de, DE]", "languages[1]: is 'DE'. One of: "),
    (SYSTEM, "[de, en]", "[de, no]", "languages[1]: is False. One of: "),
    (SYSTEM, "[de, en]", "[de, de]", "languages: ['de', 'de'] has non-unique elements"),
    (SYSTEM, "[de, en]", "de", "languages: is 'de'. It must be of type array."),
    (SYSTEM, 'utc_offset: "-03:30"\n', "", "utc_offset: is missing. Add it."),
    (SYSTEM, '"-03:30"', "Europe/Paris", "utc_offset: "),
    (SYSTEM, '"-03:30"', '"03:30"', "system.yaml:6: utc_offset: is '03:30'. It must match"),
    (SYSTEM, '"-03:30"', '"-15:00"', "utc_offset: is '-15:00'. It must match"),
    (SYSTEM, '"-03:30"', '"-03:30\\n"', "utc_offset: "),
    (SYSTEM, '"-03:30"', "+10:00", "utc_offset: is 600. It must be of type string."),
    (SYSTEM, "seed: goods.json", "seed: gods.json", "names data/gods.json, which does not exist"),
    (SYSTEM, "seed: goods.json", "seed: ../goods.json", "tables.goods.seed: is '../goods.json'"),
    (SYSTEM, "system: shop", "system: store", "system: is 'store' but its file says 'shop'"),
    (ENVIRONMENT, '"444455556666"', "444455556666", "account: is 444455556666. It must be of type string."),
    (
        ENVIRONMENT,
        "https://post.example\n",
        "http://post.example\n",
        "providers.post.base_url: is 'http://post.example'",
    ),
    (ENVIRONMENT, "  post:\n", "  poste:\n", "providers.post: has no settings in environments/dev.yaml"),
    (ENVIRONMENT, "policy_mode: ENFORCE", "policy_mode: NEVER", "policy_mode: is 'NEVER'"),
    (ENVIRONMENT, "log_retention_days: 7", "log_retention_days: 8", "log_retention_days: is 8."),
    (ENVIRONMENT, "token_minutes: 10", "token_minutes: 1440", "1440 is greater than the maximum of 60"),
    (
        ENVIRONMENT,
        "token_minutes: 10",
        "token_minutes: 10\npermissions_boundary: 'a:b'",
        "boundary: is 'a:b'. It must match",
    ),
    (ENVIRONMENT, "  endpoint: main\n", "", "runtime.endpoint: is missing. Add it."),
    (ENVIRONMENT, "endpoint: main", "endpoint: DEFAULT", "runtime.endpoint: is 'DEFAULT'. It must match"),
    (ENVIRONMENT, "platform_version: V1", "platform_version: V3", "is 'V3'. One of: V1, V2."),
    (ENVIRONMENT, "mode: public", "mode: private", "runtime.network.mode: is 'private'"),
    (ENVIRONMENT, "mode: public", "mode: vpc", "runtime.network.subnets: is missing. Add it."),
    (ENVIRONMENT, "mode: public", "mode: vpc, subnets: [subnet-0a1b2c3d]", "security_groups: is missing"),
    (
        ENVIRONMENT,
        "mode: public",
        "mode: public, subnets: [subnet-0a1b2c3d]",
        "is set, but the mode is public",
    ),
    (
        ENVIRONMENT,
        "mode: public",
        "mode: vpc, subnets: [vpc-0a1b2c3d], security_groups: [sg-0a1b2c3d]",
        "runtime.network.subnets[0]: is 'vpc-0a1b2c3d'. It must match",
    ),
    (ENVIRONMENT, "idle_seconds: 300", "idle_seconds: 30", "30 is less than the minimum of 60"),
    (ENVIRONMENT, "lifetime_seconds: 3600", "lifetime_seconds: 90000", "greater than the maximum of 28800"),
    (
        ENVIRONMENT,
        "lifetime_seconds: 3600",
        "lifetime_seconds: 60",
        "lets a session idle for 300 s and live for 60",
    ),
    (
        ENVIRONMENT,
        "agents: {}",
        "agents: {shop: {clerk: {idle_seconds: 7200}}}",
        "runtime.agents.shop.clerk: lets a session idle for 7200 s and live for 3600 s",
    ),
    (
        ENVIRONMENT,
        "agents: {}",
        'agents: {shop: {clark: {version: "3"}}}',
        "runtime.agents.shop.clark: is no agent of shop. Known: auditor, clerk.",
    ),
    (
        ENVIRONMENT,
        "agents: {}",
        'agents: {shops: {clerk: {version: "3"}}}',
        "runtime.agents.shops: is no system. Known: shop.",
    ),
    (ENVIRONMENT, "agents: {}", "agents: {shop: {clerk: {version: 3}}}", "is 3. It must be of type string"),
    (ENVIRONMENT, "agents: {}", 'agents: {shop: {clerk: {version: "0"}}}', "is '0'. It must match"),
    (ENVIRONMENT, "agents: {}", "agents: {shop: {clerk: {}}}", "agents.shop.clerk: {} should be non-empty"),
    (ENVIRONMENT, "web_acl_arn: null\n", "", "web_acl_arn: is missing. Add it."),
    (ENVIRONMENT, "kms: ", "tags: {'aws:team': x}\nkms: ", "tags.aws:team: is not a valid name"),
    (ENVIRONMENT, "kms: ", "tags: {'AWS:team': x}\nkms: ", "tags.AWS:team: is not a valid name"),
    (ENVIRONMENT, "kms: ", "tags: {'airside:stage': x}\nkms: ", "tags.airside:stage: is not a valid name"),
    (ENVIRONMENT, "kms: ", "tags: {team: 'a, b'}\nkms: ", "tags.team: is 'a, b'. It must match"),
    (ENVIRONMENT, "kms: ", "tags: {team: 교통}\nkms: ", "tags.team: is '교통'. It must match"),
    (
        SYSTEM,
        "seed: goods.json",
        "seed: goods.json, sort_key: sku",
        "goods.sort_key: is the partition key too",
    ),
    (
        SYSTEM,
        "seed: goods.json",
        "seed: goods.json, indexes: {by-x: {partition_key: x, sort_key: x}}",
        "tables.goods.indexes.by-x.sort_key: is the partition key too",
    ),
    (
        SYSTEM,
        "seed: goods.json",
        "seed: goods.json, indexes: {by: {partition_key: x}}",
        "tables.goods.indexes.by: is not a valid name",
    ),
    (ENVIRONMENT, "web_acl_arn: null", "web_acl_arn: guard", "web_acl_arn: is 'guard'. It must match"),
    (ENVIRONMENT, "web_acl_arn: null", f"web_acl_arn: {ACL.replace('regional', 'global')}", "It must match"),
    (
        ENVIRONMENT,
        "web_acl_arn: null",
        f"web_acl_arn: {ACL.replace('eu-west-1', 'eu-west-2')}",
        "web_acl_arn: is of the region eu-west-2, and the environment's is eu-west-1.",
    ),
    (
        ENVIRONMENT,
        "web_acl_arn: null",
        f"web_acl_arn: {ACL.replace('444455556666', '444455556667')}",
        "is of the account 444455556667, and",
    ),
]


def test_a_sound_project_loads(shop: Shop) -> None:
    project = load_project(shop.root)
    assert [system.name for system in project.systems] == ["shop"]
    assert project.roots == (shop.root.resolve(), AIRSIDE_ROOT)
    shop_system = project.system("shop")
    assert (shop_system.languages, shop_system.utc_offset) == (("de", "en"), "-03:30")
    assert [tool.full_name for tool in project.system("shop").tools] == [
        "parcels___quote",
        "stock___find",
        "stock___sell",
    ]
    assert project.system("shop").target("parcels").tools[0].input_schema["required"] == ["grams"]


@pytest.mark.parametrize(("file", "old", "new", "says"), DEFECTS)
def test_each_defect_is_refused_and_named(
    shop: Shop, file: str, old: str, new: str, says: str | None
) -> None:
    shop.change(file, old, new)
    problems = [str(problem) for problem in shop.problems()]
    assert problems, f"{new!r} in {file} was accepted"
    assert says is None or any(says in problem for problem in problems), problems
    assert all(problem.startswith(("systems/shop/", "environments/")) for problem in problems), problems


def test_all_problems_of_all_files_come_at_once(shop: Shop) -> None:
    shop.change(AGENT, "owner: front", "ownr: front")
    shop.change(TARGET, "effect: irreversible", "effect: fatal")
    shop.change(ENVIRONMENT, "policy_mode: ENFORCE", "policy_mode: OFF")
    files = {problem.file for problem in shop.problems()}
    assert files == {AGENT, TARGET, ENVIRONMENT}


def test_an_unknown_key_suggests_the_known_one(shop: Shop) -> None:
    shop.change(AGENT, "owner: front", "ownr: front")
    assert any(
        "ownr: is not a known key. Did you mean 'owner'?" in str(problem) for problem in shop.problems()
    )


def test_broken_yaml_names_its_line(shop: Shop, only_problem: Callable[[], str]) -> None:
    shop.write(AGENT, "agent: clerk\n  purpose: [\n")
    assert only_problem().startswith("systems/shop/agents/clerk.yaml:2: is not valid YAML")


def test_aliases_are_refused_because_they_can_blow_a_file_up(
    shop: Shop, only_problem: Callable[[], str]
) -> None:
    shop.change(AGENT, "owner: front", "owner: &who front")
    shop.change(AGENT, "purpose: Serves customers.", "purpose: Serves customers.")
    shop.write(AGENT, (shop.root / AGENT).read_text(encoding="utf-8").replace("model: small", "model: *who"))
    assert "uses a YAML alias" in only_problem()


def test_a_file_that_is_not_utf8_is_refused(shop: Shop, only_problem: Callable[[], str]) -> None:
    (shop.root / AGENT).write_bytes("agent: clerk\npurpose: 안내".encode("utf-16"))
    assert "is not UTF-8" in only_problem()


def test_a_missing_data_folder_is_named(shop: Shop, only_problem: Callable[[], str]) -> None:
    (shop.root / "systems/shop/data/goods.json").unlink()
    (shop.root / "systems/shop/data").rmdir()
    assert "needs shop/data/, which is missing" in only_problem()


def test_an_agent_without_a_package_is_refused(shop: Shop, only_problem: Callable[[], str]) -> None:
    (shop.root / "agent_src/clerk/__main__.py").unlink()
    assert "has no package agent_src/clerk" in only_problem()


def test_a_tool_without_an_implementation_is_refused(shop: Shop, only_problem: Callable[[], str]) -> None:
    shop.write("lambda/tool_stock/handler.py", "def find(): ...\n")
    assert "tools.sell: is not implemented in lambda/tool_stock" in only_problem()


def test_a_tool_of_two_targets_is_refused(shop: Shop) -> None:
    shop.write(
        "systems/shop/targets/stall.yaml",
        (shop.root / TARGET).read_text(encoding="utf-8").replace("target: stock", "target: stall"),
    )
    said = [str(problem) for problem in shop.problems()]
    assert any("tools.find: is also a tool of stall" in problem for problem in said), said


def test_an_operation_that_nobody_labelled_is_refused(shop: Shop, only_problem: Callable[[], str]) -> None:
    shop.change(
        "systems/shop/api/parcels.json",
        '"paths": {',
        '"paths": {"/x": {"post": {"operationId": "send", "summary": "S"}}, ',
    )
    assert "does not label the operation 'send'" in only_problem()


@pytest.mark.parametrize(
    "extra", ['"security": [{"a": []}]', '"components": {"securitySchemes": {"a": {}}}', '"x": {"oneOf": []}']
)
def test_openapi_that_the_gateway_would_refuse_is_refused(shop: Shop, extra: str) -> None:
    shop.change("systems/shop/api/parcels.json", '"openapi"', f'{extra}, "openapi"')
    assert shop.problems()


def test_a_tool_name_too_long_for_a_model_is_refused(shop: Shop) -> None:
    long = "f" * 60
    shop.change(TARGET, "  find:", f"  {long}:")
    shop.change(AGENT, "[find, sell]", f"[{long}, sell]")
    shop.change("systems/shop/agents/auditor.yaml", "- find", f"- {long}")
    shop.change("lambda/tool_stock/handler.py", "def find", f"def {long}")
    assert any("models take 64" in str(problem) for problem in shop.problems())


def test_a_cycle_over_three_agents_is_found(shop: Shop) -> None:
    auditor = (shop.root / "systems/shop/agents/auditor.yaml").read_text(encoding="utf-8")
    shop.write(
        "systems/shop/agents/third.yaml", auditor.replace("auditor", "third").replace("to: []", "to: [clerk]")
    )
    shop.write("systems/shop/agents/auditor.yaml", auditor.replace("to: []", "to: [third]"))
    shop.write("agent_src/third/__main__.py", "")
    cycles = [problem for problem in shop.problems() if "closes a cycle" in problem.message]
    assert {problem.file.rsplit("/", 1)[1] for problem in cycles} == {
        "clerk.yaml",
        "auditor.yaml",
        "third.yaml",
    }


def test_an_empty_folder_says_what_to_add(tmp_path: Path) -> None:
    said = [str(problem) for problem in Shop.problems(type("Empty", (), {"root": tmp_path})())]
    assert said == [
        "environments: holds no *.yaml file. Add environments/dev.yaml.",
        "systems: holds no system. Add systems/<name>/system.yaml.",
    ]
