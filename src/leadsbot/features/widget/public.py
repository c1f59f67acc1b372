"""What the composition root may use of the widget."""

from leadsbot.features.widget.builds import NAME as BUILDS
from leadsbot.features.widget.builds import Builds
from leadsbot.features.widget.loads import NAME as LOADS
from leadsbot.features.widget.loads import Loads, loads

__all__ = ["BUILDS", "LOADS", "Builds", "Loads", "loads"]
