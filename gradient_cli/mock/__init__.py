"""A scripted Responses endpoint on loopback."""
