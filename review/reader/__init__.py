"""Reads any `cdk.out` as untrusted data: nothing in it is executed, and every size has a bound."""

from review.reader.assembly import read_assembly as read_assembly
from review.reader.assembly import read_stage as read_stage
