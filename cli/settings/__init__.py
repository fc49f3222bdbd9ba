"""What an environment file says, setting by setting, and what it means that two environments differ."""
