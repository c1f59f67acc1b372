"""What other features and the composition root may use of screening."""

from leadsbot.features.screening.edge import EdgeScreener

__all__ = ["EdgeScreener"]
