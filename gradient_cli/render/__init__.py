"""Showing an answer: one Renderer a format; rich lives here and nowhere else."""
