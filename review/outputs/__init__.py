"""One result, many printers. Each takes a `Result` and gives the whole text."""
