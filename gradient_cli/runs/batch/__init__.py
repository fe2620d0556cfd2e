"""What `gradient batch` does: `run` from here, `submit` and `fetch` by the provider's engine."""
