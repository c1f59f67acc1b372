"""One folder per medium, ignorant of leads."""
