"""The platform: everything one stage of an assembly needs, composed, started and stopped together."""
