"""What other features and the composition root may use of forms."""

from leadsbot.features.forms.answers import compile_form

__all__ = ["compile_form"]
