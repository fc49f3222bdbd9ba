#!/usr/bin/env python3
"""The CDK application: loads the declared systems and environments, writes their assembly, and has it reviewed.

Run by `cdk` (see cdk.json) or by hand: `python app.py --help`.
"""

from __future__ import annotations

import argparse
import os
import sys

from stacks.synthesize import command_line, main


def reviewed(options: argparse.Namespace) -> int:
    """With validation on, an error that the review finds in the written assembly is one of the application's."""
    if not options.validate:
        return 0
    from cli import assembly_review

    found = assembly_review.problems(options.output, options.project)
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    words = sys.argv[1:]
    raise SystemExit(main(words, os.environ) or reviewed(command_line(words, os.environ)))
