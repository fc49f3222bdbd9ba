"""A warm process that agents are forked from: their libraries are imported once, not once for each agent."""

from localcloud.nursery.nursery import Nursery

__all__ = ["Nursery"]
