"""laya-serve with its stand-in for a model, on the port given, until stdin ends."""

import os
import sys
import threading

import uvicorn
from laya_serve.app import create_app


def end_with_stdin() -> None:
    """Leave when whoever started this has gone."""
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=end_with_stdin, daemon=True).start()
    uvicorn.run(create_app(), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
