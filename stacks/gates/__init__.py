"""What an assembly is held against while it is synthesized: the services' limits, and AWS's solution rules."""
