"""Planted changes to the main project's assembly: what each does, and how it must be told.

Each makes a copy of a stage in memory. `widens` is a part of the sentence the comparison must say; `check` the id of
the check that must find it, where one speaks of it.
"""

from __future__ import annotations

from tests.review.plant_kit import Plant
from tests.review.plants_code import CODE
from tests.review.plants_gates import GATES
from tests.review.plants_roles import ROLES

WIDENINGS: tuple[Plant, ...] = (*GATES, *ROLES, *CODE)
