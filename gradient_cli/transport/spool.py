"""
The pieces of a reply under way, for a recording: of a long one they wait on the disk.
"""

from array import array

IN_MEMORY = 1024 * 1024
"""Bytes of a reply under way that are kept in memory."""


class Spool:
    """Pieces of bytes, kept as they were cut."""

    def __init__(self) -> None:
        from tempfile import SpooledTemporaryFile

        self._file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # closed with the reply
        self._sizes = array("L")
        self._fault: OSError | None = None

    def add(self, chunk: bytes) -> None:
        """Keep a piece; a disk that is full is told of at the end: the answer goes on."""
        if self._fault is None:
            try:
                self._file.write(chunk)
                self._sizes.append(len(chunk))
            except OSError as error:
                self._fault = error

    @property
    def size(self) -> int:
        """Bytes, of all pieces."""
        return sum(self._sizes)

    def chunks(self, most: int | None) -> list[bytes]:
        """
        Give the pieces, of all or of the first bytes, and let go of them.

        Raises:
            OSError: they could not be kept.

        """
        with self._file as file:
            if self._fault:
                raise self._fault
            file.seek(0)
            found: list[bytes] = []
            left = self.size if most is None else most
            for size in self._sizes:
                if left <= 0:
                    break
                found.append(file.read(min(size, left)))
                left -= size
        return found

    def close(self) -> None:
        """Let go of them."""
        self._file.close()
