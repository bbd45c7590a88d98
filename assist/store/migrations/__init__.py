"""Alembic's steps. A new one: a file in ``versions`` numbered one higher, ``schema.HEAD`` to match, and the tables as
they then are in ``tables.py`` (a test holds the two together).
"""
