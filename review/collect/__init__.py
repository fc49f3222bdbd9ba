"""From a stage to its access model."""

from __future__ import annotations

from review.cedar.matrix import matrix
from review.cedar.policies import policies
from review.collect.functions import functions
from review.collect.gateways import gateways
from review.collect.pools import clients, pools
from review.collect.providers import providers
from review.collect.reading import Reading
from review.collect.runtimes import runtimes
from review.collect.settings import settings
from review.collect.stores import stores
from review.collect.tools import tools
from review.iam.roles import roles
from review.model import AccessModel
from review.stage import Stage


def collect(stage: Stage) -> AccessModel:
    """The access model of a stage.

    Raises:
        Unreadable: where something is not understood that could grant anything. Lesser things are in `unknowns`.
    """
    reading = Reading(stage)
    found_roles = roles(reading)
    found_clients, found_gateways, found_tools = clients(reading), gateways(reading), tools(reading)
    parsed = policies(reading)
    entry = next((each.metadata.get("EntryAgent") for each in stage.stacks if each.metadata), None)
    return AccessModel(
        stage=stage.name,
        system=stage.system,
        environment=stage.environment,
        entry_agent=entry if isinstance(entry, str) else None,
        pools=pools(reading),
        clients=found_clients,
        gateways=found_gateways,
        tools=found_tools,
        policies=tuple(each.policy for each in parsed),
        matrix=matrix(reading, found_gateways, found_clients, found_tools, parsed),
        roles=found_roles,
        runtimes=runtimes(reading, found_roles),
        functions=functions(reading),
        stores=stores(reading),
        providers=providers(reading),
        settings=settings(reading),
        unknowns=tuple(dict.fromkeys(reading.unknowns)),
    )
