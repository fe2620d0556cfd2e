"""Many prompts: items in, results out, resumable."""
