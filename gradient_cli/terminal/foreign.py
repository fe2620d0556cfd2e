"""
Files that are no text: told by their first bytes, and named with the tool that reads them.
"""

import shlex

from gradient_cli.values import record

_DUCKDB = "duckdb -c \"COPY (FROM {from_}) TO '/dev/stdout' (FORMAT csv)\""
_KINDS: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"\x1f\x8b", "compressed by gzip", "gunzip -c {path}"),
    (0, b"\x28\xb5\x2f\xfd", "compressed by zstd", "zstd -dc {path}"),
    (0, b"BZh", "compressed by bzip2", "bunzip2 -c {path}"),
    (0, b"\xfd7zXZ\0", "compressed by xz", "xz -dc {path}"),
    (0, b"\x04\x22\x4d\x18", "compressed by lz4", "lz4 -dc {path}"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", "7z x -so {path}"),
    (0, b"PAR1", "a Parquet file", _DUCKDB),
    (0, b"ARROW1", "an Arrow file", "python -c 'import pandas; pandas.read_feather(…).to_csv(…)'"),
    (0, b"Obj\x01", "an Avro file", "avro cat {path}"),
    (0, b"ORC", "an ORC file", "python -c 'import pandas; pandas.read_orc(…).to_csv(…)'"),
    (0, b"SQLite format 3\0", "an SQLite database", "sqlite3 -csv -header {path} 'SELECT …'"),
    (8, b"DUCK", "a DuckDB database", "duckdb -csv {path} 'FROM …'"),
    (0, b"%PDF-", "a PDF", "pdftotext -layout {path} -"),
    (0, b"\xd0\xcf\x11\xe0", "an old Excel or Word file", "libreoffice --convert-to csv {path}"),
    (0, b"{\\rtf", "an RTF document", "pandoc -t plain {path}"),
    (0, b"\x89PNG", "a picture", "tesseract {path} -"),
    (0, b"\xff\xd8\xff", "a picture", "tesseract {path} -"),
    (0, b"GIF8", "a picture", "tesseract {path} -"),
    (0, b"\x89HDF", "an HDF5 file", "python -c 'import pandas; pandas.read_hdf(…).to_csv(…)'"),
)
"""(offset, its bytes, what it is, what makes text of it)."""
_ZIPS = {
    ".xlsx": ("an Excel workbook", _DUCKDB.replace("{from_}", "read_xlsx({quoted})")),
    ".xlsm": ("an Excel workbook", _DUCKDB.replace("{from_}", "read_xlsx({quoted})")),
    ".ods": ("an OpenDocument table", "libreoffice --convert-to csv {path}"),
    ".docx": ("a Word document", "pandoc -t plain {path}"),
    ".odt": ("an OpenDocument text", "pandoc -t plain {path}"),
    ".pptx": ("a slide show", "libreoffice --convert-to pdf {path}"),
    ".epub": ("a book", "pandoc -t plain {path}"),
}
_UTF16 = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_LONGEST_BARE = 512


@record
class Foreign:
    """A file that is no text."""

    what: str
    """Such as `compressed by gzip`, to follow `is`."""
    remedy: str
    """The command that makes text of it."""


def foreign(head: bytes, path: str) -> Foreign | None:
    """Tell what a file is by its first bytes (some hundred), or None if it may be text."""
    for mark, name in _UTF16:
        if head.startswith(mark):
            return _named(f"text in {name}", f"iconv -f {name} -t UTF-8 {{path}}", path)
    for offset, mark, what, remedy in _KINDS:
        if head[offset:].startswith(mark):
            return _named(what, remedy.replace("{from_}", "{quoted}"), path)
    if head.startswith(b"PK\x03\x04"):
        suffix = path[path.rfind(".") :].lower() if "." in path else ""
        what, remedy = _ZIPS.get(suffix, ("a zip archive", "unzip -p {path}"))
        return _named(what, remedy, path)
    if width := _bare_utf16(head):
        return _named("text in UTF-16", f"iconv -f {width} -t UTF-8 {{path}}", path)
    return None


def _bare_utf16(head: bytes) -> str | None:
    """Tell UTF-16 without a mark: every other byte of Latin text is nothing."""
    part = head[: _LONGEST_BARE & ~1]
    if len(part) < 4:
        return None
    for name, zeros, others in (
        ("UTF-16LE", part[1::2], part[::2]),
        ("UTF-16BE", part[::2], part[1::2]),
    ):
        if zeros.count(0) >= 0.9 * len(zeros) and others.count(0) == 0:
            return name
    return None


def _named(what: str, remedy: str, path: str) -> Foreign:
    quoted = "'" + path.replace("'", "''") + "'"
    return Foreign(what, remedy.replace("{path}", shlex.quote(path)).replace("{quoted}", quoted))
