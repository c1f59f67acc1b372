"""PostgreSQL: the embedded server, pools, tenant transactions and migrations."""
