"""Who can do what, read from a synthesized assembly alone: model, checks, explanation, difference and lock."""
