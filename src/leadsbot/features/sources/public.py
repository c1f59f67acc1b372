"""What others may use of sources: what to paste, and the counter of refusals."""

from leadsbot.features.sources.model import TAKEN
from leadsbot.features.sources.refusals import NAME as REFUSALS
from leadsbot.features.sources.refusals import Refusals, refusals
from leadsbot.features.sources.snippets import Snippet, script_tag, snippets

__all__ = ["REFUSALS", "TAKEN", "Refusals", "Snippet", "refusals", "script_tag", "snippets"]
