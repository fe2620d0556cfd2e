"""Judging an answer: expectations, code blocks, schemas."""
