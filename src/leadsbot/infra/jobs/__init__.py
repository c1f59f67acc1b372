"""The lease engine: jobs are rows, a claim is a lease with a token, and only its holder may finish it."""
