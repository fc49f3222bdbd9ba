"""The languages a system may declare.

Its agents name them in their prompts, in English, and tell a request's language by its script:
`agent_common.languages` holds the name and the script of exactly these, and a test holds the two together.
Norwegian is `nb`: a bare `no` is a truth value in YAML.
"""

from __future__ import annotations

CODES = (
    *("ar", "bg", "bn", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hr", "hu"),
    *("id", "it", "ja", "ka", "ko", "lt", "lv", "mn", "mr", "ms", "nb", "ne", "nl", "pl", "pt", "ro", "ru"),
    *("sk", "sl", "sr", "sv", "ta", "te", "th", "tl", "tr", "uk", "ur", "vi", "zh"),
)
"""ISO 639-1 codes, sorted."""
