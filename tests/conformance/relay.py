"""What the suite starts as its client: hands the scenario to the test's own process and ends with its verdict.

`python relay.py PORT URL`. Starting the real client anew for each of two dozen scenarios would take a second
of processor time each; the test has it imported.
"""

import json
import os
import socket
import sys

port, url = int(sys.argv[1]), sys.argv[2]
asked = {
    "url": url,
    "scenario": os.environ["MCP_CONFORMANCE_SCENARIO"],
    "context": json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT", "{}")),
}
with socket.create_connection(("127.0.0.1", port)) as connection:
    connection.sendall(json.dumps(asked).encode() + b"\n")
    sys.exit(int(connection.makefile().readline()))
