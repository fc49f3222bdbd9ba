"""What the platform keeps to show: events (decisions, invocations, …) and the output of its processes."""
