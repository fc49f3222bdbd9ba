"""What people read in a terminal and in a pull request."""

from __future__ import annotations

import re

from review.compare import Direction
from review.findings import Severity
from review.outputs import md, text
from tests.review.outputs.results import HOSTILE, change, finding, model, result, waived

NARROWER = tuple(change(Direction.NARROWING, f"reader may no longer call tool {each}") for each in range(9))


def test_colour_is_only_where_it_was_asked_for() -> None:
    shown = result(finding(), changes=(change(),))
    assert "\033" not in text.render(shown)
    assert "\033[31m" in text.render(shown, colour=True)


def test_what_widens_is_never_folded_and_what_narrows_is_until_all_is_asked_for() -> None:
    wide = tuple(change(words=f"reader may now call tool {each}") for each in range(40))
    shown = result(changes=(*wide, *NARROWER))
    folded = text.render(shown)
    assert all(each.sentence in folded for each in wide)
    assert "and 4 more (--all shows them)" in folded
    assert "tool 8" not in folded.split("narrower", 1)[1]
    unfolded = text.render(shown, everything=True)
    assert all(each.sentence in unfolded for each in NARROWER)
    assert "--all" not in unfolded


def test_accepted_findings_are_counted_and_told_with_all() -> None:
    shown = result(finding(), waived(1))
    assert "1 error, 0 warnings, 0 notes, 1 accepted" in text.render(shown)
    assert "known until March" not in text.render(shown)
    assert "accepted IDN-07 gateway 1: known until March (desk)" in text.render(shown, everything=True)


def test_what_could_not_be_read_stands_in_every_text() -> None:
    unread = result(model=model(unknowns=("a policy is not understood",)))
    assert "unread   a policy is not understood" in text.render(unread)
    assert "**Could not be read whole**: a policy is not understood" in md.render(unread)
    assert unread.exit_code == 2


def test_a_hostile_name_moves_no_cursor_and_breaks_no_line() -> None:
    plain = result(finding(message="ordinary"), changes=(change(words="ordinary"),))
    for colour in (False, True):
        shown = text.render(
            result(finding(message=HOSTILE), changes=(change(words=HOSTILE),)), colour=colour, everything=True
        )
        assert "\x07" not in shown
        assert "\033[31m\ufffd" not in shown
        expected = text.render(plain, colour=colour, everything=True)
        assert shown.count("\033") == expected.count("\033")
        assert shown.count("\n") == expected.count("\n")


def test_markdown_stays_below_its_limit_with_thousands_of_findings() -> None:
    shown = md.render(result(*(finding(each) for each in range(4_000)), changes=(change(),)))
    assert len(shown) <= md.MAX_CHARACTERS == 60_000
    assert len(shown) > 50_000
    assert "reader may now lend" in shown
    assert shown.rstrip().endswith("… cut: the whole report is in the other formats.")


def test_a_cut_within_a_folded_block_closes_it_first() -> None:
    notes = (finding(each, severity=Severity.NOTE) for each in range(4_000))
    shown = md.render(result(*notes))
    assert len(shown) <= 60_000
    assert shown.count("<details>") == shown.count("</details>") == 1
    assert shown.index("</details>") < shown.index("… cut")


def test_what_widens_comes_first_and_other_changes_are_folded() -> None:
    shown = md.render(result(changes=(*NARROWER, change())))
    assert "**1 change widens access**" in shown
    assert shown.index("**wider**: reader may now lend") < shown.index("<summary>9 other changes</summary>")


def test_a_hostile_name_neither_formats_nor_mentions_nor_breaks_a_line_in_markdown() -> None:
    plain = md.render(result(finding(message="ordinary"), changes=(change(words="ordinary"),)))
    shown = md.render(
        result(
            finding(message=HOSTILE),
            changes=(change(words=HOSTILE),),
            against="lock`\n# head",
            stage="s`\n@octocat <b>",
        )
    )
    assert shown.count("\n") == plain.count("\n")
    assert "<script>" not in shown.replace("\\<", "")
    outside = re.sub(r"`[^`\n]*`", "", shown.replace("\\`", ""))
    assert "`" not in outside
    assert "@octocat" not in outside
    assert "https://" not in outside
    assert re.search(r"(?<!\\)(\*\*bold|\[a\]|<(?!/?(?:details|summary)>))", outside) is None
    assert not re.search(r"^# ", shown, re.MULTILINE)


def test_a_place_is_said_once_and_by_its_line() -> None:
    shown = md.render(result(finding()))
    assert "(`systems/library.yaml:12`)" in shown
    assert "systems/library.yaml:12" in text.render(result(finding()))
