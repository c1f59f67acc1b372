"""What other features may use of deliveries."""

from leadsbot.features.deliveries.actions import begin, cancel, hold, plan, record, retry
from leadsbot.features.deliveries.model import Attempt, Delivery, Outcome, State
from leadsbot.features.deliveries.store import attempts, counts, get, page, planned_since

__all__ = [
    "Attempt",
    "Delivery",
    "Outcome",
    "State",
    "attempts",
    "begin",
    "cancel",
    "counts",
    "get",
    "hold",
    "page",
    "plan",
    "planned_since",
    "record",
    "retry",
]
