"""From `cdk.out` to a `LocalSystem`: reads a stage as data, resolves it, and refuses by name what it cannot honour."""

from localcloud.assembly.addresses import Addresses
from localcloud.assembly.errors import AssemblyError
from localcloud.assembly.files import list_stages
from localcloud.assembly.load import load_stage

__all__ = ["Addresses", "AssemblyError", "list_stages", "load_stage"]
