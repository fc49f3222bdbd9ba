"""Baggage, cancellation and change rules: get_baggage_policy, get_cancellation_policy, get_change_policy."""
