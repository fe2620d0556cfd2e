"""Flags to values, outcome to status: typer lives here and nowhere else."""
