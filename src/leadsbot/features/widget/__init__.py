"""The widget on other people's pages: what it loads, what it tells, what it has met."""
