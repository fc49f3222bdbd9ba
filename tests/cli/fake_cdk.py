"""Stands in for the CDK's command line: writes down what it was called with, and ends as it was told.

python fake_cdk.py FOLDER WORDS…: appends the words to FOLDER/calls; the exit code of the n-th call is the n-th line of
FOLDER/codes, 0 without one. With FOLDER/hang it starts a child and waits; a stubborn one ignores an interruption.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def main() -> int:
    folder = Path(sys.argv[1])
    calls = folder / "calls"
    with calls.open("a", encoding="utf-8") as file:
        seen = {
            key: os.environ.get(key) for key in ("CDK_DISABLE_CLI_TELEMETRY", "CDK_DISABLE_VERSION_CHECK")
        }
        told = {"words": sys.argv[2:], "cwd": str(Path.cwd()), "stdin": sys.stdin.read(), "environment": seen}
        file.write(json.dumps(told) + "\n")
    if (hang := folder / "hang").is_file():
        if hang.read_text(encoding="utf-8").strip() == "stubborn":
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        making = folder / "making"
        making.write_text(f"{os.getpid()} {child.pid}", encoding="utf-8")
        making.replace(folder / "pids")
        time.sleep(600)
    codes = folder / "codes"
    number = len(calls.read_text(encoding="utf-8").splitlines())
    lines = codes.read_text(encoding="utf-8").split() if codes.is_file() else []
    return int(lines[number - 1]) if number <= len(lines) else 0


if __name__ == "__main__":
    sys.exit(main())
