"""Prompt DigitalOcean Inference, or any Open Responses server, from a shell."""

# A literal: asking importlib.metadata costs 37 ms on every start.
__version__ = "0.1.0"
