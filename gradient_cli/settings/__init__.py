"""Who we are: where settings live, what they say, and whose key it is."""
