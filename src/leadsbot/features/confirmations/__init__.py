"""A mail to whoever filled in a form whose owner wants one sent."""
