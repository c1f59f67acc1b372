"""Prometheus metrics of all our processes, answered by any of them.

``serve`` gives its children a common folder (``PROMETHEUS_MULTIPROC_DIR``) in which each keeps its values in a memory-
mapped file; whoever is asked adds them up. Labels are names from our own code, never values that a stranger can choose.
"""

from __future__ import annotations

import os

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, multiprocess

from leadsbot.infra.metrics_folder import FOLDER

FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
SLOW = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

CAPTURES = Counter("leadsbot_captures", "Submissions answered, by outcome.", ["outcome"])
CAPTURE_SECONDS = Histogram("leadsbot_capture_seconds", "Time to answer a submission.", buckets=FAST)
REQUESTS = Counter("leadsbot_requests", "Requests to the API and the dashboard.", ["surface", "status"])
REQUEST_SECONDS = Histogram("leadsbot_request_seconds", "Time to answer them.", ["surface"], buckets=FAST)
JOBS = Counter("leadsbot_jobs", "Jobs run, by kind and outcome.", ["kind", "outcome"])
JOB_SECONDS = Histogram("leadsbot_job_seconds", "Time that a job ran.", ["kind"], buckets=SLOW)
EVENTS = Counter("leadsbot_events_dispatched", "Events turned into jobs.")
DELIVERIES = Counter("leadsbot_delivery_attempts", "Attempts to deliver a message.", ["channel", "outcome"])
ALERT_SECONDS = Histogram(
    "leadsbot_alert_seconds", "From the acceptance of a submission to its alert being taken.", buckets=SLOW
)
QUEUE_LAG = Gauge(
    "leadsbot_queue_lag_seconds", "Age of the oldest due job or undispatched event.", multiprocess_mode="mostrecent"
)
QUEUE_WAITING = Gauge(
    "leadsbot_queue_waiting", "Due jobs and events that wait to become jobs.", multiprocess_mode="mostrecent"
)
JOBS_DEAD = Gauge("leadsbot_jobs_dead", "Jobs that ended without success.", multiprocess_mode="mostrecent")
OLDEST_ROW = Gauge(
    "leadsbot_oldest_log_row_days",
    "Age of the oldest row of a technical log.",
    ["table"],
    multiprocess_mode="mostrecent",
)
DROPPED = Counter("leadsbot_log_rows_dropped", "Technical log rows that could not be written.")


def registry() -> CollectorRegistry:
    """What ``/metrics`` shows: all processes under ``serve``, else this one."""
    if not os.environ.get(FOLDER):
        return REGISTRY
    common = CollectorRegistry()
    multiprocess.MultiProcessCollector(common)  # type: ignore[no-untyped-call]
    return common
