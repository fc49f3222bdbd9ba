"""The environment variables of a worker: Lambda's reserved ones, the template's, and the AWS settings."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from localcloud.spec import Function

EXECUTION_ENV = f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}"
"""Names the Python that really runs. The newest names make AWS's client poll from a second thread."""

_OF_LAMBDA = ("NAME", "MEMORY_SIZE", "VERSION")
RESERVED = frozenset(
    # AWS Lambda Developer Guide: Defined runtime environment variables (reserved ones).
    {
        *(f"AWS_LAMBDA_FUNCTION_{name}" for name in _OF_LAMBDA),
        *(f"AWS_LAMBDA_LOG_{name}_NAME" for name in ("GROUP", "STREAM")),
        *(f"AWS_{name}" for name in ("ACCESS_KEY", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")),
        *(f"AWS_{name}" for name in ("REGION", "DEFAULT_REGION", "EXECUTION_ENV")),
        *(f"AWS_LAMBDA_{name}" for name in ("RUNTIME_API", "INITIALIZATION_TYPE")),
        *("_HANDLER", "_X_AMZN_TRACE_ID", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"),
    }
)
MAX_BYTES = 4096
"""All of a function's own variables together (AWS Lambda Developer Guide: Lambda quotas)."""


class InvalidEnvironment(ValueError):
    """A function's variables that AWS would refuse at deployment."""


def check(function: Function) -> None:
    """Refuse reserved names and more than 4 kB, as CreateFunction does."""
    taken = sorted(RESERVED.intersection(function.environment))
    if taken:
        raise InvalidEnvironment(
            f"function {function.name}: {', '.join(taken)} is reserved by Lambda; rename the variable"
        )
    size = sum(len(key.encode()) + len(value.encode()) for key, value in function.environment.items())
    if size > MAX_BYTES:
        raise InvalidEnvironment(
            f"function {function.name}: its variables take {size} bytes, Lambda allows {MAX_BYTES}; "
            "move data to a table"
        )


def worker_environment(
    function: Function, *, aws: Mapping[str, str], home: Path, runtime_api: str, stream: str
) -> dict[str, str]:
    """Everything a worker sees. Nothing is inherited from the platform's own environment."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        # The assembly's folder is what gets deployed: no compiled files may appear in it.
        "PYTHONDONTWRITEBYTECODE": "1",
        **function.environment,
        **aws,
        "AWS_EXECUTION_ENV": EXECUTION_ENV,
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "LAMBDA_TASK_ROOT": str(function.code),
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "_HANDLER": function.handler,
    }
