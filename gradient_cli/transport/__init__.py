"""How it travels: HTTP, server-sent events, retries, recordings."""
