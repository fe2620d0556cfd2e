"""
An endpoint that answers every request whole, on connections that stay, after a fixed time.

    python scripts/bench/latency.py MILLISECONDS

Prints its port and serves until it is killed. It costs about 60 us a request.
"""

import asyncio
import json
import sys

USAGE = {"input_tokens": 5, "output_tokens": 5, "total_tokens": 10}
PART = {"type": "output_text", "text": "positive", "annotations": []}
ITEM = {"type": "message", "role": "assistant", "status": "completed", "content": [PART]}
BODY = json.dumps({"id": "resp_1", "status": "completed", "output": [ITEM], "usage": USAGE})
REPLY = (
    f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(BODY)}\r\n\r\n"
    f"{BODY}"
).encode()


class Endpoint(asyncio.Protocol):
    """One connection."""

    def __init__(self, latency_s: float) -> None:
        self.latency_s = latency_s
        self.received = b""

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each whole request that has come."""
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head = self.received[:end].lower()
            _, _, rest = head.partition(b"content-length:")
            size = end + 4 + int(rest.split(b"\r\n", 1)[0] or 0)
            if len(self.received) < size:
                return
            self.received = self.received[size:]
            asyncio.get_running_loop().call_later(self.latency_s, self.answer)

    def answer(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(REPLY)


async def serve(latency_s: float) -> None:
    """Serve until the end of the process."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Endpoint(latency_s), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1]) / 1000))
