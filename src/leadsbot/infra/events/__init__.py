"""The event log: emit in the caller's transaction, dispatch to handlers as jobs."""
