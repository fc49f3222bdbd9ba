"""What runs inside the warm process and its forks. Imports nothing of Airside: an agent must not see it."""
