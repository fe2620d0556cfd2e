"""How it travels: HTTP, server-sent events, retries, recordings."""

import sys

# Said before any module of this package can import httpx (0.28): its own command line would
# load click, rich and pygments where they are installed (50 ms), and httpcore looks for
# sniffio, which nobody installs any more, on every request. None means: not importable.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # typeshed knows no None
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]  # as above
