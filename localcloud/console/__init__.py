"""The console: a page over the running stage, served at the front door, and what it may ask the platform."""

from localcloud.console.page import Page, page_of
from localcloud.console.parts import Console

__all__ = ["Console", "Page", "page_of"]
