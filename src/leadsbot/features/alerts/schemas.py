"""What the API says about Telegram links and destinations."""

from __future__ import annotations

import msgspec

from leadsbot.features.alerts.model import Destination
from leadsbot.kit.ids import DESTINATION, show
from leadsbot.web.params import Moment


class LinkOut(msgspec.Struct):
    """A one-time deep link: whoever opens it binds the chat they open it in."""

    url: str
    code: str
    group_url: str
    expires_at: Moment


class DestinationOut(msgspec.Struct):
    """A chat that gets alerts. `topic` is the forum topic's name, or its number where nobody told us the name."""

    id: str
    channel: str
    title: str
    topic: str | None
    kind: str
    state: str
    reason: str | None
    created_at: Moment


def destination_out(destination: Destination) -> DestinationOut:
    """The API's view of a destination; the chat's number stays inside."""
    return DestinationOut(
        id=show(DESTINATION, destination.id),
        channel="telegram",
        title=destination.title,
        topic=destination.topic_name,
        kind=destination.chat_kind,
        state=destination.state.value,
        reason=destination.reason,
        created_at=destination.created_at,
    )
