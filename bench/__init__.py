"""Benchmarks: one JSON line each; see the README for the figures and docs/design.md for the budgets."""
