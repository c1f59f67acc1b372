"""What other features may use of deliveries."""

from leadsbot.features.deliveries.actions import begin, cancel, hold, plan, record, retry
from leadsbot.features.deliveries.model import Attempt, Delivery, Outcome, State
from leadsbot.features.deliveries.store import attempts, counts, get, held_for, page, planned, planned_since

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
    "held_for",
    "hold",
    "page",
    "plan",
    "planned",
    "planned_since",
    "record",
    "retry",
]
