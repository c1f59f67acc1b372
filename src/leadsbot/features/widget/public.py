"""What the composition root may use of the widget."""

from leadsbot.features.widget.loads import NAME as LOADS
from leadsbot.features.widget.loads import Loads, loads

__all__ = ["LOADS", "Loads", "loads"]
