"""Languages: what a prompt calls them, and how the language of a request is told by its script.

Scripts only: languages of one script cannot be told apart, so the first one asked about wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """A language's English name and the scripts, by their name in `SCRIPTS`, that it is written in."""

    name: str
    scripts: tuple[str, ...] = ("latin",)


LANGUAGES = {
    "ar": Language("Arabic", ("arabic",)),
    "bg": Language("Bulgarian", ("cyrillic",)),
    "bn": Language("Bengali", ("bengali",)),
    "cs": Language("Czech"),
    "da": Language("Danish"),
    "de": Language("German"),
    "el": Language("Greek", ("greek",)),
    "en": Language("English"),
    "es": Language("Spanish"),
    "et": Language("Estonian"),
    "fa": Language("Persian", ("arabic",)),
    "fi": Language("Finnish"),
    "fr": Language("French"),
    "he": Language("Hebrew", ("hebrew",)),
    "hi": Language("Hindi", ("devanagari",)),
    "hr": Language("Croatian"),
    "hu": Language("Hungarian"),
    "id": Language("Indonesian"),
    "it": Language("Italian"),
    "ja": Language("Japanese", ("kana", "han")),
    "ka": Language("Georgian", ("georgian",)),
    "ko": Language("Korean", ("hangul",)),
    "lt": Language("Lithuanian"),
    "lv": Language("Latvian"),
    "mn": Language("Mongolian", ("cyrillic",)),
    "mr": Language("Marathi", ("devanagari",)),
    "ms": Language("Malay"),
    "nb": Language("Norwegian"),
    "ne": Language("Nepali", ("devanagari",)),
    "nl": Language("Dutch"),
    "pl": Language("Polish"),
    "pt": Language("Portuguese"),
    "ro": Language("Romanian"),
    "ru": Language("Russian", ("cyrillic",)),
    "sk": Language("Slovak"),
    "sl": Language("Slovenian"),
    "sr": Language("Serbian", ("cyrillic", "latin")),
    "sv": Language("Swedish"),
    "ta": Language("Tamil", ("tamil",)),
    "te": Language("Telugu", ("telugu",)),
    "th": Language("Thai", ("thai",)),
    "tl": Language("Tagalog"),
    "tr": Language("Turkish"),
    "uk": Language("Ukrainian", ("cyrillic",)),
    "ur": Language("Urdu", ("arabic",)),
    "vi": Language("Vietnamese"),
    "zh": Language("Chinese", ("han",)),
}
"""By ISO 639-1 code. `governance.languages.CODES` are the same codes."""

SCRIPTS = {
    # Jamo too: a keyboard or a file name may send Hangul taken apart.
    "hangul": re.compile("[\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7fb\uffa1-\uffdc]"),
    "kana": re.compile("[\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fd-\u30ff\u31f0-\u31ff\uff66-\uff9d]"),
    "arabic": re.compile("[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]"),
    "bengali": re.compile("[\u0985-\u09b9\u09dc-\u09e1\u09f0\u09f1]"),
    "cyrillic": re.compile("[\u0400-\u0481\u048a-\u052f]"),
    "devanagari": re.compile("[\u0904-\u0939\u0958-\u0961\u0971-\u097f]"),
    "georgian": re.compile("[\u10a0-\u10fa\u10fd-\u10ff\u1c90-\u1cbf\u2d00-\u2d2d]"),
    "greek": re.compile("[\u0370-\u0373\u0376-\u037d\u0386-\u03e1\u03f0-\u03ff\u1f00-\u1ffc]"),
    "hebrew": re.compile("[\u05d0-\u05f2\ufb1d-\ufb4f]"),
    "tamil": re.compile("[\u0b83-\u0bb9]"),
    "telugu": re.compile("[\u0c05-\u0c39\u0c58-\u0c61]"),
    "thai": re.compile("[\u0e01-\u0e3a\u0e40-\u0e4e]"),
    "han": re.compile("[\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufad9\U00020000-\U0003ffff]"),
    # Whole words: the letters of "KE703" or "C1001" are of no language.
    "latin": re.compile(
        r"(?<!\w)[A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]+(?!\w)"
    ),
}
"""How a script is recognised, the most telling first.

Kana come before Han, which Japanese shares with Chinese; Latin comes last, because names and codes in
Latin letters stand in texts of every language.
"""


def detect(text: str, languages: Iterable[str]) -> str | None:
    """The first of `languages` written in the most telling script of `text`; None where no script tells."""
    candidates = tuple(languages)
    for script, pattern in SCRIPTS.items():
        written = [code for code in candidates if script in LANGUAGES[code].scripts]
        if written and pattern.search(text):
            return written[0]
    return None
