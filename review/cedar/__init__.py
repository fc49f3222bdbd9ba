"""Cedar policies as data: what they match for a caller that is known, with arguments that are not."""
