"""Two environments held side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cli.settings.meaning import GROUPS, REST, Direction, Meaning, group, meaning
from cli.settings.read import Setting, Settings

HEADINGS = (*(name for name, _ in GROUPS), REST)


@dataclass(frozen=True)
class Difference:
    """One setting that differs; `after` is the second environment's."""

    group: str
    before: Setting
    after: Setting
    meaning: Meaning

    @property
    def objectionable(self) -> bool:
        """Weaker in the second environment, or nobody can say."""
        return self.meaning.direction in (Direction.WEAKER, Direction.UNKNOWN)

    def as_json(self) -> dict[str, Any]:
        return {
            "group": self.group,
            "setting": self.before.name,
            "direction": str(self.meaning.direction),
            "consequence": self.meaning.sentence,
            "before": _side(self.before),
            "after": _side(self.after),
        }


def _side(setting: Setting) -> dict[str, Any]:
    return {"value": setting.value, "set": setting.stated, "source": setting.where}


def compare(first: Settings, second: Settings) -> list[Difference]:
    """Every difference, by group, then in the order of the files."""
    paths = dict.fromkeys(setting.path for settings in (first, second) for setting in settings)
    found = []
    for path in paths:
        before, after = first.get(path), second.get(path)
        # Left out and null say the same, so two files may say it differently.
        if before.value != after.value:
            found.append(Difference(group(path), before, after, meaning(before, after)))
    return sorted(found, key=lambda each: HEADINGS.index(each.group))
