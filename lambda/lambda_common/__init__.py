"""What every function shares: calling convention, arguments, refusals and access to tables."""
