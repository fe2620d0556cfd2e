"""One report format a module."""
