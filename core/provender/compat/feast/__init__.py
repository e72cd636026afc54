"""The names of the Feast feature store's Python API, over ours.

`provender.compat.feast.names` says which name means what, `provender.compat.feast.import_name`
lets ``from feast import …`` find them while definition modules load.
"""
