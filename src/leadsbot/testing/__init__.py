"""Fakes and helpers for tests, shipped so that extensions can be tested the same way. Product code never imports it."""
