"""The manifest of capture. Its HTTP side is not a route of the application: see endpoint.py."""

from leadsbot.features.capture import jobs
from leadsbot.features.capture.tables import Source, Submission
from leadsbot.infra.feature import Feature

FEATURE = Feature(name="capture", tables=(Source, Submission), jobs=(jobs.PURGE_HELD,), schedule=jobs.SCHEDULE)
