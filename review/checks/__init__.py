"""The checks: every module of this package registers its own with `review.findings.CHECKS`."""

from __future__ import annotations

import importlib
import pkgutil

from review.findings import CHECKS, Registry


def load() -> Registry:
    """The registry with every check in it."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda each: each.name):
        importlib.import_module(f"{__name__}.{module.name}")
    return CHECKS
