"""The pinned price file, read strictly: a figure nobody stated is unknown, never a guess."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cli.nearest import among
from cli.outcome import Failure

FILE = Path(__file__).with_name("prices.yaml")
UNKNOWN = "unknown"
ANYWHERE = frozenset({"any", "unstated"})
"""Values of `region` that name no Region."""
MODEL = "model/"
"""How the keys of a model's tokens begin: `model/<model id>/input` and `/output`."""
_KEYS = {"usd", "per", "region", "stated", "source", "verify"}


@dataclass(frozen=True)
class Price:
    """One price in US dollars; `usd` is None where no page supported a figure."""

    key: str
    usd: float | None
    per: str
    region: str
    stated: str | None
    source: str | None
    verify: str
    note: str = ""

    def of_another_region(self, region: str) -> bool:
        return self.region not in ANYWHERE and self.region != region


@dataclass(frozen=True)
class Prices:
    """Every price by its key. `collected` is the day on which the file was written."""

    collected: str
    by_key: Mapping[str, Price]

    def __getitem__(self, key: str) -> Price:
        if key not in self.by_key:
            raise Failure(f"the price file has no {key}. Add it; {FILE.name} of the project has every one.")
        return self.by_key[key]

    def set(self, key: str, usd: float) -> Prices:
        """With a figure of the user's own. Raises Failure for a key that nothing is priced by."""
        price = self.by_key.get(key)
        if price is None and key.startswith(MODEL):
            price = Price(key, None, "token", "any", None, None, "https://aws.amazon.com/bedrock/pricing/")
        if price is None:
            raise Failure(f"--price {key}: is no price. {among(key, self.by_key)}")
        own = replace(price, usd=usd, region="any", stated=None, source="--price", note="")
        return Prices(self.collected, {**self.by_key, key: own})


def load(file: Path = FILE) -> Prices:
    """The prices of a file. Raises Failure where it is no price file, naming the entry."""
    import yaml

    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Failure(f"{file}: cannot be read as YAML ({type(error).__name__}).") from None
    if not isinstance(document, dict) or not isinstance(document.get("prices"), dict):
        raise Failure(f"{file}: holds no `prices`. Start from {FILE.name} of the project.")
    if document.get("currency") != "USD":
        raise Failure(f"{file}: currency is {document.get('currency')!r}; only USD is understood.")
    found = {str(key): _price(file, str(key), entry) for key, entry in document["prices"].items()}
    return Prices(str(document.get("collected")), found)


def _price(file: Path, key: str, entry: Any) -> Price:
    if not isinstance(entry, dict) or not set(entry) >= _KEYS or set(entry) - _KEYS - {"note"}:
        raise Failure(f"{file}: {key} needs exactly {', '.join(sorted(_KEYS))}, and may have a note.")
    usd, source = entry["usd"], entry["source"]
    if usd == UNKNOWN:
        usd = None
    elif isinstance(usd, bool) or not isinstance(usd, int | float) or not 0 <= usd < 1e6:
        raise Failure(f"{file}: {key}: usd is {usd!r}; write a number of dollars, or {UNKNOWN}.")
    elif not source:
        raise Failure(
            f"{file}: {key}: has a figure and no source. Say where it was read, or write {UNKNOWN}."
        )
    return Price(
        key=key,
        usd=None if usd is None else float(usd),
        per=str(entry["per"]),
        region=str(entry["region"]),
        stated=None if entry["stated"] is None else str(entry["stated"]),
        source=None if source is None else str(source),
        verify=str(entry["verify"]),
        note=str(entry.get("note", "")),
    )
