"""How it travels: HTTP, server-sent events, retries, recordings."""

import sys

# Said before any module of this package can import httpcore (1.0.9), which looks for sniffio,
# that nobody installs any more, on every request. None means: not importable.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]  # typeshed knows no None
