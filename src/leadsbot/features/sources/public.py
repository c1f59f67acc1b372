"""What other features may use of sources."""

from leadsbot.features.sources.snippets import Snippet, snippets

__all__ = ["Snippet", "snippets"]
