"""The only outbound HTTP of the product, and the guard that keeps it away from private networks."""
