"""Technical logs: requests and errors, scrubbed, apart from leads, gone after 30 days."""
