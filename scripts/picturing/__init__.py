"""Pictures of a terminal: a shell that really ran, and what its screen showed, as SVG."""
