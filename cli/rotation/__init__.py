"""Rotating a client secret: what is there (`state`), what is done (`procedure`), by which calls (`cloud`)."""
