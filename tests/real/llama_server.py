"""
The real llama.cpp HTTP server with the tiny model, for as long as somebody holds our stdin.

    python llama_server.py MODEL

Its first line on stdout is its address. It ends when stdin does, so that it cannot outlive
a test run that was killed.
"""

import os
import sys

import xllamacpp

KEY = "sk-local-test"


def main(model: str) -> None:
    """Serve until stdin ends."""
    settings = xllamacpp.CommonParams()
    settings.model.path = model
    settings.model_alias = {"tiny-qwen3"}
    settings.api_keys = [KEY]
    settings.hostnames = ["127.0.0.1"]
    settings.port = 0
    settings.n_ctx = 1024
    settings.n_parallel = 2
    settings.cpuparams.n_threads = 1
    server = xllamacpp.Server(settings)
    print(server.listening_address, flush=True)
    sys.stdin.read()
    # Its threads would keep the interpreter from ending.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
