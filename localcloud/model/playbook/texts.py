"""Compiles the texts, conditions and patterns of a playbook, noting what does not compile."""

from __future__ import annotations

import re

from jinja2 import TemplateError

from localcloud.model.playbook.entities import compile_pattern
from localcloud.model.playbook.schema import Localised
from localcloud.model.playbook.source import Value
from localcloud.model.playbook.templates import Condition, Environment, Template

_EXPRESSION = re.compile(r"\{\{(?P<body>(?:(?!\}\}).)*)\}\}", re.DOTALL)
_NEVER = re.compile("(?!)")


class Compiler:
    """What all files of a playbook share while they are loaded."""

    def __init__(
        self, environment: Environment, languages: tuple[str, ...], entities: frozenset[str]
    ) -> None:
        self.environment = environment
        self.languages = languages
        self.entities = entities

    def template(self, value: Value) -> Template:
        """A text with `{{ … }}`."""
        try:
            return Template(self.environment, value.text(" "))
        except TemplateError as error:
            value.problem(f"is not a template: {error}")
            return Template(self.environment, "")

    def localised(self, value: Value) -> Localised:
        """A text in every language, or one text for all."""
        if value.missing:
            return {language: Template(self.environment, "") for language in self.languages}
        if value.is_mapping:
            fields = value.fields(required=self.languages)
            return {language: self.template(text) for language, text in fields.items()}
        template = self.template(value)
        return dict.fromkeys(self.languages, template)

    def condition(self, value: Value) -> Condition | None:
        """An expression, or None where left out."""
        return None if value.missing else self.expression(value)

    def expression(self, value: Value) -> Condition:
        """An expression; numbers and truth values stand for themselves."""
        plain = value.plain()
        source = plain if isinstance(plain, str) else repr(plain)
        try:
            return Condition(self.environment, source)
        except TemplateError as error:
            value.problem(f"is not an expression: {error}")
            return Condition(self.environment, "none")

    def argument(self, value: Value) -> object:
        """A tool argument: a text that is one `{{ expression }}` keeps the expression's type."""
        if value.is_mapping:
            return {key: self.argument(member) for key, member in value.items()}
        if value.is_list:
            return [self.argument(element) for element in value.elements()]
        plain = value.plain()
        if not isinstance(plain, str):
            return plain
        whole = _EXPRESSION.fullmatch(plain.strip())
        try:
            if whole:
                return Condition(self.environment, whole["body"].strip())
            return Template(self.environment, plain)
        except TemplateError as error:
            value.problem(f"is not a template: {error}")
            return None

    def pattern(self, value: Value, own: str | None = None) -> re.Pattern[str]:
        """A pattern over annotated text."""
        try:
            return compile_pattern(value.text("(?!)"), self.entities, own)
        except ValueError as error:
            value.problem(str(error))
            return _NEVER
