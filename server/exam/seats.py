"""The kinds of seats: their Russian names, who is staff, who is hidden, who is let in."""

from media.layout import LAYOUTS, SeatKind

NAMES: dict[SeatKind, str] = {
    SeatKind.PARTICIPANT: "участник",
    SeatKind.EXAMINER: "экзаменатор-собеседник",
    SeatKind.EXPERT: "эксперт",
    SeatKind.OBSERVER: "общественный наблюдатель",
    SeatKind.SPECIALIST: "технический специалист",
    SeatKind.ORGANIZER: "ответственный организатор",
    SeatKind.ASSISTANT: "ассистент",
    SeatKind.RECORDER: "запись",
}

STAFF = frozenset({SeatKind.EXAMINER, SeatKind.EXPERT, SeatKind.SPECIALIST, SeatKind.ORGANIZER})
"""Who reads and writes the notes of a room; no page of a participant, assistant or observer receives them."""

HIDDEN = frozenset({SeatKind.EXPERT, SeatKind.OBSERVER})
"""Receive only, and named nowhere on a participant's page, in his messages or his SDP (D-06)."""

GATED = frozenset({SeatKind.PARTICIPANT, SeatKind.ASSISTANT})
"""Get nothing of a conference before the participant's admission (D-10)."""

DAY_WIDE = frozenset({SeatKind.SPECIALIST, SeatKind.ORGANIZER})
"""Belong to the whole day, not to one room."""

PERSONS = frozenset(SeatKind) - {SeatKind.RECORDER}
"""Kinds that a link can be made for."""

SENDING = frozenset(kind for kind, layout in LAYOUTS.items() if layout.plugs)
"""Kinds with a plug; the others are never even asked for a microphone."""
