"""A report as a badge for a README, drawn without a server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from typing import Literal

from provender.testing.report.model import Report, Rule

Color = Literal["brightgreen", "yellow", "red", "lightgrey"]
_COLORS = {"brightgreen": "#4c1", "yellow": "#dfb317", "red": "#e05d44", "lightgrey": "#9f9f9f"}
_LETTER, _MARGIN = 6.8, 10
"""Widths in px of a letter of the badge's font, roughly, and of the margin beside a text."""


@dataclass(frozen=True, slots=True)
class Badge:
    """Two words on two colors.

    Attributes:
        label: The left one.
        message: The right one.
        color: What the right one stands on.
    """

    label: str
    message: str
    color: Color

    def endpoint(self) -> str:
        """Return the JSON that a shields.io endpoint badge is drawn from."""
        document = {
            "schemaVersion": 1,
            "label": self.label,
            "message": self.message,
            "color": self.color,
        }
        return json.dumps(document, indent=2) + "\n"

    def svg(self) -> str:
        """Return the badge as an SVG picture."""
        left, right = _width(self.label), _width(self.message)
        name = escape(f"{self.label}: {self.message}")
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" '
            f'role="img" aria-label="{name}">',
            f"<title>{name}</title>",
            f'<clipPath id="r"><rect width="{left + right}" height="20" rx="3"/></clipPath>',
            '<g clip-path="url(#r)">',
            f'<rect width="{left}" height="20" fill="#555"/>',
            f'<rect x="{left}" width="{right}" height="20" fill="{_COLORS[self.color]}"/>',
            "</g>",
            '<g fill="#fff" text-anchor="middle" font-size="11" '
            'font-family="Verdana,DejaVu Sans,sans-serif">',
            _text(self.label, left / 2, left),
            _text(self.message, left + right / 2, right),
            "</g>",
            "</svg>",
        ]
        return "\n".join(parts) + "\n"


def badge(report: Report) -> Badge:
    """Return what a report comes to: red when a rule failed, yellow when one was not tried.

    A rule is not tried when it did not run, or was skipped for another reason than a capability
    that the store does not claim.
    """
    rules = [rule for run in report.suites for rule in run.results]
    return Badge("provender conformance", *_verdict(rules))


def _verdict(rules: list[Rule]) -> tuple[str, Color]:
    total = len(rules)
    failed = sum(rule.outcome == "failed" for rule in rules)
    untried = sum(map(_is_untried, rules))
    unclaimed = sum(rule.outcome == "skipped" for rule in rules if not _is_untried(rule))
    if not rules:
        return "no rules", "lightgrey"
    if failed:
        return f"{failed} of {total} rules failed", "red"
    if untried:
        return f"incomplete: {untried} of {total} rules not tried", "yellow"
    rest = f", {unclaimed} not claimed" if unclaimed else ""
    passed = total - unclaimed
    return f"{passed} {'rule' if passed == 1 else 'rules'} passed{rest}", "brightgreen"


def _is_untried(rule: Rule) -> bool:
    skipped = rule.outcome == "skipped"
    return rule.outcome == "not run" or (skipped and any(not c.capability for c in rule.cases))


def _width(text: str) -> int:
    return round(len(text) * _LETTER) + _MARGIN


def _text(text: str, middle: float, width: int) -> str:
    return f'<text x="{middle:g}" y="14" textLength="{width - _MARGIN}">{escape(text)}</text>'
