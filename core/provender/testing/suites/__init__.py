"""The conformance suites, rule by rule, and what they share."""
