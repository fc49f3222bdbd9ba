"""Why an assembly cannot be run on a laptop. Every text says where, what, and what to do next."""

from __future__ import annotations


class AssemblyError(Exception):
    """The assembly cannot be read or cannot be honoured locally."""


class NotAnAssembly(AssemblyError):
    """The folder is not a cloud assembly, or a file it names is missing or malformed."""


class UnknownStage(AssemblyError):
    """The assembly has no such stage."""


class InvalidTemplate(AssemblyError):
    """CloudFormation itself would refuse the template."""


class UnresolvedReference(InvalidTemplate):
    """A Ref, GetAtt, import, parameter, mapping or condition names something that is not there."""


class CircularReference(InvalidTemplate):
    """A value depends on itself."""


class Unsupported(AssemblyError):
    """Valid for AWS, but no local stand-in honours it, so the platform does not start."""


class UnsupportedResource(Unsupported):
    """A resource type nothing here stands in for."""


class UnsupportedAttribute(Unsupported):
    """An attribute of a known resource type that has no local value."""


class UnsupportedIntrinsic(Unsupported):
    """An intrinsic function or dynamic reference that is not evaluated here."""


class UnsupportedProperty(Unsupported):
    """A property of a known resource type that the stand-in would silently ignore."""
