"""What other features may use of sources: what to paste."""

from leadsbot.features.sources.snippets import Snippet, script_tag, snippets

__all__ = ["Snippet", "script_tag", "snippets"]
