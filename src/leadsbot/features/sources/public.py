"""What other features may use of sources' pages: what to paste."""

from leadsbot.features.sources.snippets import script_tag

__all__ = ["script_tag"]
