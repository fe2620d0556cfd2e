"""
The command line and nothing else: tree, flags, help, usage errors. Typer lives here alone.

Begin at `app` (the tree), then the module of a command's name; what it does is in `runs/`.
"""
