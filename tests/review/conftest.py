"""The shared assemblies."""

from tests.assembly_fixture import assembly as assembly
from tests.assembly_fixture import library_assembly as library_assembly
