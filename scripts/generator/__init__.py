"""What `scripts/generate.py` writes, one module a form, all from one tree of values."""
