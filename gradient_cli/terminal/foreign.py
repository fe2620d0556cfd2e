"""
Files that are no text: told by their first bytes, and named with the tool that reads them.
"""

import shlex

from gradient_cli.values import record
from gradient_cli.wire.encodings import wide_name

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


@record
class Foreign:
    """A file that is no text."""

    what: str
    """Such as `compressed by gzip`, to follow `is`."""
    remedy: str
    """The command that makes text of it."""


def foreign(head: bytes, path: str) -> Foreign | None:
    """Tell what a file is by its first bytes (some hundred), or None if it may be text."""
    if wide := wide_name(head):
        return _named(f"text in {wide}", f"iconv -f {wide} -t UTF-8 {{path}}", path)
    for offset, mark, what, remedy in _KINDS:
        if head[offset:].startswith(mark):
            return _named(what, remedy.replace("{from_}", "{quoted}"), path)
    if head.startswith(b"PK\x03\x04"):
        suffix = path[path.rfind(".") :].lower() if "." in path else ""
        what, remedy = _ZIPS.get(suffix, ("a zip archive", "unzip -p {path}"))
        return _named(what, remedy, path)
    return None


def _named(what: str, remedy: str, path: str) -> Foreign:
    quoted = "'" + path.replace("'", "''") + "'"
    return Foreign(what, remedy.replace("{path}", shlex.quote(path)).replace("{quoted}", quoted))
