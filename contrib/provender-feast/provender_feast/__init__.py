"""Provender under Feast's names: definitions, the store, its configuration and its command.

The modules of the import name ``feast`` take their names from here.
"""
