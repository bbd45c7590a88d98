"""Reports: what the measures say about a stretch of time, for people (HTML) and programs (CSV, JSON, Parquet).

In: the event log, read once from end to end. Out: one file. Nothing is computed here that ``assist.metrics`` defines.
"""
