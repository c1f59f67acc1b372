"""Types that features share: events, ports and data duties. No I/O, no behaviour."""
