#!/usr/bin/env python3
"""The CDK application: loads the declared systems and environments and writes their assembly.

Run by `cdk` (see cdk.json) or by hand: `python app.py --help`.
"""

from __future__ import annotations

import os
import sys

from stacks.synthesize import main

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], os.environ))
