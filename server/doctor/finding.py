"""What the doctor says: one line of a judgement, and what to do if it is not good."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


TITLES = {Level.OK: "в порядке", Level.WARNING: "внимание", Level.PROBLEM: "проблема"}


@dataclass(frozen=True, slots=True)
class Finding:
    """`subject` is what was looked at, `text` what was found, `remedy` what to do; both texts are Russian."""

    level: Level
    subject: str
    text: str
    remedy: str = ""


def ok(subject: str, text: str) -> Finding:
    return Finding(Level.OK, subject, text)


def warning(subject: str, text: str, remedy: str) -> Finding:
    return Finding(Level.WARNING, subject, text, remedy)


def problem(subject: str, text: str, remedy: str) -> Finding:
    return Finding(Level.PROBLEM, subject, text, remedy)


def healthy(findings: Iterable[Finding]) -> bool:
    """Whether an exam can be held: warnings do not stand in the way."""
    return all(finding.level is not Level.PROBLEM for finding in findings)


def as_text(findings: Iterable[Finding]) -> str:
    lines: list[str] = []
    for finding in findings:
        lines.append(f"{TITLES[finding.level]:<10} {finding.subject}: {finding.text}")
        if finding.remedy:
            lines.append(f"{'':<10} → {finding.remedy}")
    return "\n".join(lines)


def as_json(findings: Iterable[Finding]) -> dict[str, object]:
    listed = list(findings)
    return {
        "ok": healthy(listed),
        "findings": [
            {"level": one.level.value, "subject": one.subject, "text": one.text, "remedy": one.remedy}
            for one in listed
        ],
    }
