"""Adapters to the outside world: database, jobs, events, network, logs. They know no feature."""
