"""Accept a submission durably, fast, and nothing else."""
