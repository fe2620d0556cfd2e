"""What `scripts/fuzz.py` is made of: nasty things, a server that says them, files, and the judge."""
