"""What the page says a role needs is what the commands ask AWS for."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8").partition("## What a role needs")[2]
CALLS = re.compile(
    r'(?:call|pages)\(\s*"[a-z0-9-]+",\s*"([a-z_]+)"|cloudformation\.([a-z_]+)\(|ssm\.(get_parameter)\('
    r'|core\.(invoke_[a-z_]+)\(|functions\.(get_[a-z_]+)\(|"(batch_[a-z]+_item)"'
)
FILES = (
    *(f"cli/deploying/{name}.py" for name in ("account", "blockers", "quota")),
    "cli/seeding.py",
    "cli/smoking.py",
)
IAM = {"list_object_versions": "ListBucketVersions"}
"""Operations whose action has another name (Service Authorization Reference, Amazon S3)."""


def called() -> set[str]:
    found = {
        next(filter(None, match.groups()))
        for file in FILES
        for match in CALLS.finditer((ROOT / file).read_text(encoding="utf-8"))
    }
    return {IAM.get(name, "".join(part.title() for part in name.split("_"))) for name in found}


def test_an_action_that_is_called_is_missing_on_the_page_or_one_too_many_is_there() -> None:
    listed = set(re.findall(r"`[a-z0-9-]+:([A-Z]\w+)`", TABLE.partition("\n## ")[0])) - {"AssumeRole"}
    assert listed == called()
    assert len(listed) > 10, "the calls were not found"
