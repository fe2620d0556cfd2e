"""Where it is shown: the three streams, colour, harmless text. Stdlib only."""
