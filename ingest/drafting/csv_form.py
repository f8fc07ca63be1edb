"""In which form a text file holds its table: encoding, separator, header."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.errors import ConfigError
from ingest.drafting.encodings import OLD, likeliest

SEPARATORS = (",", ";", "\t", "|")
_LOOKED_AT = 256 * 1024
_LINES = 50
_PACKED = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True, slots=True)
class CsvForm:
    """How to read one text file.

    Attributes
    ----------
    encoding : str
        As Python names it.
    separator : str
    header : tuple of str
        Names of the columns.
    note : str
        What was detected and should be looked at; empty where the file is the usual form.
    """

    encoding: str
    separator: str
    header: tuple[str, ...]
    note: str = ""


def csv_form(file: Path, encoding: str | None = None) -> CsvForm:
    """Find out how a ``.csv`` or ``.csv.gz`` file is written.

    Raises
    ------
    ConfigError
        It is empty, no text, of an encoding nobody knows, or without a header line.
    """
    text, used, note = _decoded(file, encoding)
    lines = text.splitlines()
    if not any(line.strip() for line in lines):
        raise ConfigError(f"{file}: expected a header line with the column names, found an empty file")
    separator = _separator(lines[:_LINES])
    header = next(csv.reader(io.StringIO(text), delimiter=separator), [])
    names = tuple(name.strip() if not name.strip() else name for name in header)
    if len(names) > 1 and all(_is_number(name) for name in names if name):
        raise ConfigError(
            f"{file}: expected a header line with the column names, found numbers: {', '.join(names[:6])}"
        )
    doubled = [repr(name) for name, times in Counter(n for n in names if n).items() if times > 1]
    if doubled:
        raise ConfigError(f"{file}: expected each column once, found twice: {', '.join(sorted(doubled))}")
    notes = [note] if note else []
    if separator != ",":
        notes.append(f"columns are separated by {_NAMES[separator]}")
    return CsvForm(used, separator, names, "; ".join(notes))


def _decoded(file: Path, encoding: str | None) -> tuple[str, str, str]:
    head, whole = _head(file)
    if head.startswith(_PACKED):
        raise ConfigError(
            f"{file}: expected a text file, found a workbook or archive; save it as CSV (UTF-8)"
        )
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strict(file, head, "utf-16", whole), "utf-16", "UTF-16 text"
    if b"\x00" in head:
        raise ConfigError(f"{file}: expected a text file, found binary data")
    if encoding is not None:
        return _strict(file, head, encoding, whole), encoding, f"read as {encoding}, as asked"
    try:
        return _cut(head, "utf-8-sig", whole), "utf-8-sig", ""
    except UnicodeDecodeError:
        pass
    readings = {}
    for name in OLD:
        try:
            readings[name] = _cut(head, name, whole)
        except UnicodeDecodeError:
            continue
    guess = likeliest(readings)
    if guess:
        note = f"not UTF-8; read as {guess.upper()} (say another one with --encoding)"
        return readings[guess], guess, note
    raise ConfigError(f"{file}: expected UTF-8, CP949, CP1251 or CP1252 text; say what it is with --encoding")


def _head(file: Path) -> tuple[bytes, bool]:
    """The first bytes, and whether that is all of them."""
    try:
        with opened(file) as stream:
            head = stream.read(_LOOKED_AT)
            return head, not stream.read(1)
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigError(f"{file}: expected a file that can be read, got: {error}") from error


def opened(file: Path) -> IO[bytes]:
    """The file's bytes, unpacked where its name ends in ``.gz``."""
    if file.name.lower().endswith(".gz"):
        return gzip.open(file, "rb")  # type: ignore[return-value]  # what is read is bytes
    return file.open("rb")


def _strict(file: Path, head: bytes, encoding: str, whole: bool) -> str:
    try:
        return _cut(head, encoding, whole)
    except (UnicodeDecodeError, LookupError) as error:
        raise ConfigError(f"{file}: expected {encoding} text, got: {error}") from error


def _cut(head: bytes, encoding: str, whole: bool) -> str:
    """Decoded; a letter cut in two at the end of a long file is no error."""
    if whole:
        return head.decode(encoding)
    for less in range(4):
        try:
            text = head[: len(head) - less].decode(encoding)
        except UnicodeDecodeError as error:
            if error.start < len(head) - 8:
                raise
            continue
        return text[: text.rfind("\n") + 1] or text
    return head.decode(encoding)


def _separator(lines: list[str]) -> str:
    """The one that cuts every line into the same number of columns, as many as possible."""
    best, most = ",", 1
    for separator in SEPARATORS:
        counts = Counter(len(row) for row in csv.reader(lines, delimiter=separator) if row)
        width, lines_so = max(counts.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        header = len(next(csv.reader(lines, delimiter=separator), []))
        if width > most and header == width and lines_so >= 0.9 * counts.total():
            best, most = separator, width
    return best


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True
