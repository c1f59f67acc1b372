"""What other features and the composition root may use of screening."""

from leadsbot.features.screening.edge import EdgeScreener
from leadsbot.features.screening.token import mint_token

__all__ = ["EdgeScreener", "mint_token"]
