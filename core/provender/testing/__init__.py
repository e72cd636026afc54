"""How a provider is proved: the oracle, the conformance suites, strategies and faults.

`provender.testing.oracle` needs nothing beyond the base install. The suites need pytest and
`provender.testing.strategies` needs hypothesis, both of which the extra ``testing`` brings;
importing this package imports neither.

>>> from provender.testing.oracle import historical, explain_difference
"""
