"""
The result of a function as text for the model: what is not UTF-8 is said, never refused.
"""


def result_text(data: bytes, *, most: int | None = None, is_cut: bool = False) -> str:
    """
    Give a result's bytes as text, one line end at its end apart.

    `is_cut`: there was more than these `most` bytes; the model is told so before the rest.
    """
    notes = []
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        # A cut may have gone through a character.
        if is_cut and error.reason == "unexpected end of data":
            text = data[: error.start].decode()
        else:
            text = data.decode("utf-8", "replace")
            notes.append(
                f"note: this output is not UTF-8 (byte 0x{data[error.start]:02x} at offset "
                f"{error.start:,}); \N{REPLACEMENT CHARACTER} stands for what could not be read"
            )
    if is_cut:
        notes.append(f"note: this output was cut after {most:,} bytes; there was more")
    text = text.removesuffix("\n").removesuffix("\r")
    return "\n".join([*notes, text]) if notes else text
