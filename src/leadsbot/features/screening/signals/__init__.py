"""Signals: small pure functions that look at one side of a submission and say what speaks against a person."""
