"""Leads: enquiries merged into people, their stages, owners, notes and timeline."""
