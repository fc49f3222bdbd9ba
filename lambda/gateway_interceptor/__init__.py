"""The gateway's interceptor: verifies the caller again, decides by `policy.json`, filters tool lists.

Standard library only, and little of it: no `dataclasses`, `typing` or `urllib` at import, because a cold
start of this function is a wait in front of every tool (that is why modules write `TYPE_CHECKING = False`).
"""
