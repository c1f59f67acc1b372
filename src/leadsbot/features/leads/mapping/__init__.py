"""Recognised fields: who wrote, how to reach them and what they want, out of whatever a form sent."""

from leadsbot.features.leads.mapping.recognise import Attachment, Recognised, recognise
from leadsbot.features.leads.mapping.shapes import JSON

__all__ = ["JSON", "Attachment", "Recognised", "recognise"]
