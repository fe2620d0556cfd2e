"""What is said: requests, events, responses. Pure: stdlib only; no clock, file or environment."""
