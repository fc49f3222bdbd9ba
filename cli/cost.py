"""`./airside cost`: what an environment will cost a month, before it is deployed."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from cli import options
from cli.outcome import CLEAN, FOUND, Failure, show, show_json

MOST = 1e12


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Counts what the synthesized templates hold and prices it by a pinned file with its sources. Every assumption\n"
        "is printed, what has no supported price is left out and named. Not a quote.\n"
        "examples:\n"
        "  ./airside cost --env prod --monthly-conversations 10000\n"
        "  ./airside cost --env prod --monthly-conversations 10000 --assume turns=3 --assume input_tokens=8000\n"
        "  ./airside cost --env dev --monthly-conversations 0 --price image_gb_month=0.1 --json\n"
        "exit codes: 0 within the environment's budget_usd, as far as prices are known; 1 above it; 2 could not look"
    )
    parser.add_argument(
        "--monthly-conversations", type=float, required=True, metavar="N", help="how many a month; 0 for idle"
    )
    options.add_system(parser)
    parser.add_argument(
        "--assembly", type=Path, metavar="DIR", help="this assembly, instead of the declared system"
    )
    parser.add_argument(
        "--assume", action="append", default=[], metavar="KEY=VALUE", help="set an assumption; repeatable"
    )
    parser.add_argument("--assumptions", type=Path, metavar="FILE", help="a YAML mapping of assumptions")
    parser.add_argument(
        "--price", action="append", default=[], metavar="KEY=USD", help="set a price of your own; repeatable"
    )
    parser.add_argument("--prices", type=Path, metavar="FILE", help="another price file, of the same form")
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from cli.pricing import assumptions, inventory, prices
    from cli.pricing.estimate import model_key
    from cli.pricing.report import Report

    many = arguments.monthly_conversations
    if not 0 <= many <= MOST or math.isnan(many):
        raise Failure(f"--monthly-conversations {many:g}: must be from 0 to {MOST:g}.")
    own = assumptions.read(arguments.assumptions) if arguments.assumptions else {}
    own |= assumptions.parse(arguments.assume, "--assume")
    found = prices.load(arguments.prices) if arguments.prices else prices.load()
    for key, usd in assumptions.parse(arguments.price, "--price").items():
        found = found.set(key, usd)
    folder, stage = _assembly(arguments)
    counted = inventory.read(folder, stage)
    for agent in counted.agents:
        for direction in ("input", "output"):
            key = model_key(str(agent.model), direction)
            if key not in found.by_key or found[key].usd is None:
                raise Failure(
                    f"{stage}: {agent.name} calls {agent.model}, and no price of it is known. Set it in US dollars a "
                    f"token: --price {key}=USD; https://aws.amazon.com/bedrock/pricing/ has it."
                )
    report = Report(counted, assumptions.changed(assumptions.defaults(counted), own), found, many)
    if arguments.json:
        show_json(report.as_json())
    else:
        for line in report.text():
            show(line)
    return FOUND if report.over_budget else CLEAN


def _assembly(arguments: argparse.Namespace) -> tuple[Path, str]:
    from cli import running

    folder, stage, _, _ = running.prepare(arguments)
    return folder, stage
