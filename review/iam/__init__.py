"""IAM: policy documents as statements, roles, and what they may do."""
