"""What was sent where, and every attempt at it."""
