"""What `validate` tells beside its findings."""

from __future__ import annotations

import json
from pathlib import Path

from cli.assembly import quota_notes


def test_a_stage_that_needs_more_than_an_account_has_is_told_by_name(tmp_path: Path) -> None:
    """Deployed, it would fail at the fifty-first provider, after half an hour."""
    provider = {"Type": "AWS::BedrockAgentCore::OAuth2CredentialProvider"}
    for stage, count in (("shop-dev", 50), ("shop-prod", 51)):
        folder = tmp_path / f"assembly-{stage}"
        folder.mkdir()
        template = {"Resources": {f"Provider{number}": provider for number in range(count)}}
        (folder / "identity.template.json").write_text(json.dumps(template), encoding="utf-8")
    assert list(quota_notes(tmp_path)) == [
        "shop-prod needs 51 OAuth2 credential providers; an account has 50 per region. Ask AWS for more first."
    ]
