"""Suites of prompts with expectations, and their reports."""
