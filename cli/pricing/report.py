"""An estimate for a person, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cli.pricing.assumptions import Assumption
from cli.pricing.estimate import Estimate, Line, estimate
from cli.pricing.inventory import Inventory
from cli.pricing.prices import Prices

NOT_A_QUOTE = (
    "An estimate, not a quote: prices are as public pages stated them, without free tiers, discounts, data transfer, "
    "support or tax."
)
_SENSITIVE = 3
"""How many assumptions are told as those that matter most."""


@dataclass(frozen=True)
class Report:
    """Everything that is said of one stage."""

    inventory: Inventory
    assumptions: Mapping[str, Assumption]
    prices: Prices
    conversations: float

    @property
    def values(self) -> dict[str, float]:
        return {key: each.value for key, each in self.assumptions.items()}

    @property
    def estimate(self) -> Estimate:
        return estimate(self.inventory, self.values, self.prices, self.conversations)

    @property
    def over_budget(self) -> bool:
        budget = self.inventory.budget_usd
        return budget is not None and self.estimate.total() > budget

    def sensitivity(self) -> list[tuple[str, float]]:
        """Assumptions with what it adds to a month to double them, the largest first."""
        base, found = self.estimate.total(), []
        for key, value in self.values.items():
            doubled = estimate(
                self.inventory, {**self.values, key: value * 2}, self.prices, self.conversations
            )
            found.append((key, doubled.total() - base))
        return sorted((pair for pair in found if abs(pair[1]) > 0), key=lambda pair: -abs(pair[1]))

    def as_json(self) -> dict[str, Any]:
        made = self.estimate
        per = made.total(fixed=False) / self.conversations if self.conversations else None
        return {
            "stage": self.inventory.stage,
            "region": self.inventory.region,
            "note": NOT_A_QUOTE,
            "monthly_conversations": self.conversations,
            "usd_a_month": round(made.total(), 2),
            "usd_fixed": round(made.total(fixed=True), 2),
            "usd_per_conversation": None if per is None else round(per, 6),
            "complete": not made.unknown and not self.inventory.unpriced,
            "budget_usd": self.inventory.budget_usd,
            "over_budget": self.over_budget,
            "lines": [_line(line) for line in made.lines],
            "not_priced": [line.price.key for line in made.unknown],
            "unknown_resources": self.inventory.unpriced,
            "assumptions": {
                key: {"value": each.value, "unit": each.unit, "why": each.why, "own": each.own}
                for key, each in self.assumptions.items()
            },
            "sensitivity": [
                {"assumption": key, "usd_a_month_if_doubled": round(added, 2)}
                for key, added in self.sensitivity()[:_SENSITIVE]
            ],
            "prices_collected": self.prices.collected,
        }

    def text(self) -> Iterator[str]:
        made, inventory = self.estimate, self.inventory
        least = "at least " if made.unknown or inventory.unpriced else "about "
        yield (
            f"{inventory.stage} ({inventory.region}): {least}{_usd(made.total())} a month "
            f"with {self.conversations:g} conversations"
        )
        yield f"  fixed              {_usd(made.total(fixed=True))} a month"
        if self.conversations:
            per = made.total(fixed=False) / self.conversations
            yield f"  per conversation   {per:.4f} USD"
        yield from self._budget(made)
        yield from _table("fixed, a month", [line for line in made.lines if line.fixed], inventory.region)
        yield from _table(
            f"used, a month of {self.conversations:g} conversations",
            [line for line in made.lines if not line.fixed],
            inventory.region,
        )
        yield from self._gaps(made)
        yield "assumed (--assume KEY=VALUE sets one; * is yours)"
        for each in self.assumptions.values():
            mark = "*" if each.own else " "
            yield f" {mark}{each.key:<24} {each.value:>9g} {each.unit:<30} {each.why}"
        yield "what matters most: doubling it changes a month by"
        for key, added in self.sensitivity()[:_SENSITIVE]:
            yield f"  {key:<24} {added:+.2f} USD"
        yield f"Prices: collected {self.prices.collected}, each with its source in the price file and with --json."
        yield f"[r] was stated for another Region. {NOT_A_QUOTE}"

    def _budget(self, made: Estimate) -> Iterator[str]:
        budget = self.inventory.budget_usd
        if budget is not None:
            share = 100 * made.total() / budget if budget else 0.0
            word = "ABOVE the" if self.over_budget else "of the"
            yield f"  budget             {share:.0f} % {word} {_usd(budget)} a month of budget_usd"

    def _gaps(self, made: Estimate) -> Iterator[str]:
        if made.unknown:
            yield "not in the total: no page supported a price (--price KEY=USD sets one)"
            for line in made.unknown:
                yield f"  {line.what:<44} {_many(line.quantity):>14} {line.price.key}: see {line.price.verify}"
        if self.inventory.unpriced:
            yield "not in the total: this estimate knows nothing of"
            for name, many in self.inventory.unpriced.items():
                yield f"  {many} {name}"


def _table(heading: str, lines: list[Line], region: str) -> Iterator[str]:
    yield heading
    for line in lines:
        if line.usd is None:
            continue
        mark = "[r]" if line.price.of_another_region(region) else "   "
        yield (
            f"  {line.what:<44} {_many(line.quantity):>14} x {line.price.usd:<12g} = {line.usd:>10.2f} {mark} "
            f"{line.price.per}"
        )


def _line(line: Line) -> dict[str, Any]:
    price = line.price
    return {
        "what": line.what,
        "fixed": line.fixed,
        "quantity": line.quantity,
        "usd": None if line.usd is None else round(line.usd, 4),
        "price": {
            "key": price.key,
            "usd": price.usd,
            "per": price.per,
            "region": price.region,
            "stated": price.stated,
            "source": price.source,
            "verify": price.verify,
            **({"note": price.note} if price.note else {}),
        },
    }


def _usd(amount: float) -> str:
    return f"{amount:,.2f} USD"


def _many(quantity: float) -> str:
    return f"{quantity:,.0f}" if quantity >= 1000 else f"{quantity:.4g}"
