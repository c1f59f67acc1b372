"""What other features may use of capture: sources and stored submissions. The hot path is not among it."""

from leadsbot.features.capture.actions import (
    close_source,
    create_source,
    import_submission,
    mark_taken,
    reopen_source,
    replace_sealed,
    update_source,
)
from leadsbot.features.capture.model import Kind, Source, SourceCounts, Submission
from leadsbot.features.capture.store import (
    count_submissions,
    get_source,
    get_submission,
    list_sources,
    published_source,
    sealed_secrets,
    submissions_of_lead,
    submissions_up_to,
    untaken,
)

__all__ = [
    "Kind",
    "Source",
    "SourceCounts",
    "Submission",
    "close_source",
    "count_submissions",
    "create_source",
    "get_source",
    "get_submission",
    "import_submission",
    "list_sources",
    "mark_taken",
    "published_source",
    "reopen_source",
    "replace_sealed",
    "sealed_secrets",
    "submissions_of_lead",
    "submissions_up_to",
    "untaken",
    "update_source",
]
