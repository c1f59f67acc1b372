"""Benchmarks: each prints one table, needs no arguments and is bounded in time and count."""
