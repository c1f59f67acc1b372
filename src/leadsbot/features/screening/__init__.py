"""Screening: bots are kept out without a puzzle, and without losing a person."""
