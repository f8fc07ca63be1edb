"""One module a table layout; `revision` is its `inference.store.tables.SCHEMA` in four digits.

A step says what the tables were then, so it imports nothing that may change.
"""
