"""The shared assembly."""

from tests.assembly_fixture import assembly as assembly
