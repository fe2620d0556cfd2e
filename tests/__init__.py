"""The tests; they mirror gradient_cli/."""
