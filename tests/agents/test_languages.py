"""Which language a text is in, as far as its script tells."""

from __future__ import annotations

import unicodedata

import pytest

from agent_common.languages import LANGUAGES, SCRIPTS, detect
from governance.languages import CODES


def test_a_language_the_declaration_takes_is_one_the_agents_can_name() -> None:
    assert tuple(LANGUAGES) == CODES
    assert all({*language.scripts} <= set(SCRIPTS) and language.scripts for language in LANGUAGES.values())


@pytest.mark.parametrize(
    ("text", "languages", "found"),
    [
        ("내 등급 알려줘", ("en", "ko"), "ko"),
        (unicodedata.normalize("NFD", "등급"), ("en", "ko"), "ko"),
        ("KE703 Seoul 예약 change", ("en", "ko"), "ko"),
        ("予約を変更したい", ("zh", "ja"), "ja"),
        ("ﾖﾔｸ", ("zh", "ja"), "ja"),
        ("我想改签", ("ja", "zh"), "ja"),
        ("我想改签", ("zh", "ja"), "zh"),
        ("我想改签", ("ko", "en"), None),
        ("Где мой багаж?", ("en", "uk", "ru"), "uk"),
        ("أين حقيبتي؟", ("en", "ar"), "ar"),
        ("מה הסטטוס שלי", ("en", "he"), "he"),
        ("Ποιο είναι;", ("en", "el"), "el"),
        ("अपनी बुकिंग", ("en", "hi"), "hi"),
        ("จองตั๋ว", ("en", "th"), "th"),
        ("Où est mon bagage ?", ("ko", "fr", "en"), "fr"),
        ("Moje rezervacije", ("en", "sr"), "en"),
        ("Моје резервације", ("en", "sr"), "sr"),
        ("what's my tier?", ("ko",), None),
        ("C1001", ("ko", "en"), None),
        ("KE703 2026-11-22 09:10", ("ko", "en"), None),
        ("C1001 please", ("ko", "en"), "en"),
        ("2", ("ko", "en"), None),
        ("👍 …!", ("ko", "en"), None),
        ("", ("ko", "en"), None),
    ],
)
def test_a_text_is_taken_for_another_language(
    text: str, languages: tuple[str, ...], found: str | None
) -> None:
    assert detect(text, languages) == found


@pytest.mark.parametrize(
    ("script", "prefixes"),
    [
        ("hangul", ("HANGUL", "HALFWIDTH HANGUL")),
        ("kana", ("HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA")),
        ("arabic", ("ARABIC",)),
        ("bengali", ("BENGALI",)),
        ("cyrillic", ("CYRILLIC",)),
        ("devanagari", ("DEVANAGARI",)),
        ("georgian", ("GEORGIAN",)),
        ("greek", ("GREEK",)),
        ("hebrew", ("HEBREW",)),
        ("tamil", ("TAMIL",)),
        ("telugu", ("TELUGU",)),
        ("thai", ("THAI",)),
        ("han", ("CJK", "IDEOGRAPHIC")),
    ],
)
def test_a_letter_of_another_script_counts_for_this_one(script: str, prefixes: tuple[str, ...]) -> None:
    strangers = [
        hex(code)
        for code in range(0x110000)
        if not 0xD800 <= code <= 0xDFFF
        and SCRIPTS[script].match(chr(code))
        and (name := unicodedata.name(chr(code), ""))
        and unicodedata.category(chr(code)).startswith("L")
        and not name.startswith(prefixes)
    ]
    assert strangers == []
