"""The commands. Nothing heavy is imported until a command runs."""
