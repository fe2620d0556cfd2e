"""
The fault server llmock, for as long as somebody holds our stdin.

    python fault_server.py PORT
"""

import os
import sys
from threading import Thread

import uvicorn
from llmock.main import app


def main(port: int) -> None:
    """Serve until stdin ends; then the process is gone, whatever is under way."""

    def watch() -> None:
        sys.stdin.read()
        os._exit(0)

    Thread(target=watch, daemon=True).start()
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(int(sys.argv[1]))
