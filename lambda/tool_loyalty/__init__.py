"""The loyalty programme: get_member_loyalty, get_points_balance, get_tier_benefits."""
