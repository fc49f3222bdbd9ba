"""What runs inside a function's worker process. Imports nothing of Airside: the function must not see it."""
