"""From bytes to text, also when the label is missing, unknown or wrong."""

import codecs
import re

from charset_normalizer import from_bytes

SAMPLE_BYTES = 4096

# What the labels really mean on the net: https://encoding.spec.whatwg.org/#names-and-labels
_MEANT = {
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "ansi_x3.4-1968": "cp1252",
    "ansi": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "gb2312": "gb18030",
    "iso-gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "x-gbk": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "x-mac-cyrillic": "mac_cyrillic",
    "macintosh": "mac_roman",
    "x-mac-roman": "mac_roman",
    "unicode-1-1-utf-7": "utf-7",
    "x-unicode-2-0-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "iso-8859-8-i": "iso8859_8",
}
_UNWANTED = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"}  # quadratic, or not charsets
_LABEL = re.compile(r"[a-z0-9][a-z0-9_.:+-]{0,40}\Z")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_C1 = re.compile(rb"[\x80-\x9f]")
_HIGH = re.compile(rb"[\x80-\xff]")
_UTF8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")

# Letters that the languages of our users put inside words, and signs that no word contains.
_EXPECTED = re.compile("[ąćęłńóśźżĄĆĘŁŃÓŚŹŻàáâäèéêëìíîïòóôöùúûüñçßÀÁÈÉÌÍÒÓÙÚÑÇÄÖÜčďěňřšťůýžČŘŠŽőűãõ¿¡€„”“’–]")  # noqa: RUF001
_ODD = re.compile("[A-Za-z\u00c0-\u017f][¡-¾×÷ˇ˘˛˙˝¨¸´‚ƒ„†‡ˆ‰‹›˜™Ÿ\x80-\x9f]|[¢-¦¨-®°-¾×÷ˇ˘˛˙˝¸´Ÿ\x80-\x9f][A-Za-z]")  # noqa: RUF001
_GUESSES = ("cp1252", "cp1250", "iso8859_2")


def decode(data: bytes, label: str) -> tuple[str, str]:
    """The text, with "\\n" as line end and without control characters, and what was strange ("" when nothing)."""
    text, trouble = _decode(data, label.strip().strip("\"'").lower())
    return clean(text), trouble


def clean(text: str) -> str:
    """Without NUL, lone surrogates and other characters that no page and no database wants."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", text.removeprefix("\ufeff"))


def _decode(data: bytes, label: str) -> tuple[str, str]:
    codec = _codec(label)
    if data.isascii() and not _is_shifted(codec):
        return data.decode("ascii"), "" if codec or not label else f"unknown charset {label[:40]}"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace"), ""
    if codec is None:
        return _guess(data, f"unknown charset {label[:40]}" if label else "no charset")
    if not codec.startswith("utf-") and not data.isascii() and _is_utf8(data):
        return data.decode(), "" if label in ("us-ascii", "ascii") else f"labelled {label}, read as utf-8"
    return _as_labelled(data, codec, label)


def _codec(label: str) -> str | None:
    """Python's name of a charset; None when there is no such charset."""
    if not _LABEL.match(label):
        return None
    try:
        codec = codecs.lookup(_MEANT.get(label) or label.removeprefix("x-"))
    except (LookupError, ValueError):
        return None
    # rot13, hex, zlib and the like are codecs too, but not from bytes to text
    usable = codec._is_text_encoding and codec.name.replace("_", "-") not in _UNWANTED
    return codec.name if usable else None


def _is_shifted(codec: str | None) -> bool:
    """Whether ASCII bytes of this charset may mean other characters (UTF-7, ISO-2022, HZ, UTF-16)."""
    return codec is not None and (codec.startswith(("iso2022", "utf-16", "utf-32")) or codec in ("utf-7", "hz"))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _as_labelled(data: bytes, codec: str, label: str) -> tuple[str, str]:
    if codec == "utf-8" and not _is_utf8(data) and _mostly_not_utf8(data):
        return _guess(data, "labelled utf-8")
    if label in ("us-ascii", "ascii"):  # it is anything but that
        return _guess(data, f"labelled {label}")
    if codec in ("iso8859-2", "cp1250"):
        better = _central_european(data, codec)
        return data.decode(better, "replace"), "" if better == codec else f"labelled {label}, read as {better}"
    try:
        return data.decode(codec), ""
    except UnicodeDecodeError:
        return data.decode(codec, "replace"), f"some characters are not {label}"


def _mostly_not_utf8(data: bytes) -> bool:
    """Whether the non-ASCII bytes are no UTF-8 letters, a damaged one or two aside."""
    whole = sum(len(letter) for letter in _UTF8_LETTER.findall(data))
    return whole * 2 < len(_HIGH.findall(data))


def _central_european(data: bytes, codec: str) -> str:
    """Polish mail labels windows-1250 as iso-8859-2 and the other way round; the letters tell."""
    if codec == "iso8859-2" and _C1.search(data):
        return "cp1250"
    other = "iso8859-2" if codec == "cp1250" else "cp1250"
    sample = _sample(data)
    return other if _likeliness(sample, other) > _likeliness(sample, codec) else codec


def _guess(data: bytes, why: str) -> tuple[str, str]:
    """Unlabelled text: UTF-8 when it can be, else the western or central European charset with the best letters."""
    if _is_utf8(data):
        return data.decode(), f"{why}, read as utf-8"
    sample = _sample(data)
    best = max(_GUESSES, key=lambda codec: _likeliness(sample, codec))
    if _likeliness(sample, best) <= 0:
        found = from_bytes(sample).best()
        best = found.encoding if found is not None else "cp1252"
    return data.decode(best, "replace"), f"{why}, read as {best}"


def _sample(data: bytes) -> bytes:
    """The lines around the first non-ASCII letters, bounded."""
    first = _HIGH.search(data)
    start = max(0, first.start() - 64) if first else 0
    return data[start : start + SAMPLE_BYTES]


def _likeliness(sample: bytes, codec: str) -> int:
    text = sample.decode(codec, "replace")
    return len(_EXPECTED.findall(text)) - 3 * len(_ODD.findall(text)) - 3 * text.count("\ufffd")
