"""What others may use of sources: what to paste, and the counter of refusals."""

from leadsbot.features.sources.model import TAKEN
from leadsbot.features.sources.refusals import NAME as REFUSALS
from leadsbot.features.sources.refusals import Refusals, refusals
from leadsbot.features.sources.snippets import DESIGNED, NEXT, Designed, Snippet, form_script, script_tag, snippets

__all__ = [
    "DESIGNED",
    "NEXT",
    "REFUSALS",
    "TAKEN",
    "Designed",
    "Refusals",
    "Snippet",
    "form_script",
    "refusals",
    "script_tag",
    "snippets",
]
