"""What a rehearsal found: fit for the day or not, and what exactly is wrong. Pure.

The page says how camera and microphone are; whether voice and picture really arrive, only the server knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import mean, median

HEARD_DBFS = -58.0
"""A second whose loudest packet is below this has no voice in it; a quiet room is about here."""
SEEN_KBPS = 5.0
"""A second of video with less is no picture; a still one of the smallest camera takes more."""
SLOW_MS = 500.0
LOSSY = 0.05


class Problem(StrEnum):
    CAMERA = "camera"
    """No camera, or the browser does not give it."""
    MICROPHONE = "microphone"
    """No microphone, or the browser does not give it."""
    SILENT = "silent"
    """The microphone gives silence."""
    SOUND = "sound"
    """Quiet, noisy or clipping."""
    CONNECTION = "connection"
    """No media connection came about, neither directly nor over TURN."""
    VOICE_LOST = "voice_lost"
    """The page hears the voice, the server does not."""
    PICTURE_LOST = "picture_lost"
    WEAK = "weak"
    """Voice and picture arrive, but late or with gaps."""


class Outcome(StrEnum):
    READY = "ready"
    UNTESTED = "untested"
    """Camera and microphone work; the server had no room to test the connection (an exam comes first)."""
    UNFIT = "unfit"


@dataclass(frozen=True, slots=True)
class Second:
    """What the node measured of the seat in one second."""

    voice_dbfs: float | None = None
    voice_loss: float = 0.0
    picture_kbps: float = 0.0
    rtt_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """The connection since the person was asked to speak."""

    connected: bool = False
    seconds: tuple[Second, ...] = ()

    @property
    def voice_dbfs(self) -> float | None:
        """The loudest second."""
        return max((one.voice_dbfs for one in self.seconds if one.voice_dbfs is not None), default=None)

    @property
    def picture_kbps(self) -> float:
        """The best second."""
        return max((one.picture_kbps for one in self.seconds), default=0.0)

    @property
    def rtt_ms(self) -> float | None:
        """The middle one: a single late answer is no slow line."""
        known = [one.rtt_ms for one in self.seconds if one.rtt_ms is not None]
        return median(known) if known else None

    @property
    def loss(self) -> float:
        return mean(one.voice_loss for one in self.seconds) if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """The result of a rehearsal."""

    outcome: Outcome
    problems: tuple[Problem, ...] = ()


_POOR = frozenset({"quiet", "noisy", "clipping"})


def judge(camera: str, microphone: str, line: Line | None) -> Rehearsed:
    """The result by the page's word on its devices and the server's own on the line; None: it could not be tested.

    A microphone that gives silence is never fit, whatever the page says of it.
    """
    problems = [*_devices(camera, microphone), *([] if line is None else _line(camera, microphone, line))]
    if problems:
        return Rehearsed(Outcome.UNFIT, tuple(problems))
    return Rehearsed(Outcome.UNTESTED if line is None else Outcome.READY)


def _devices(camera: str, microphone: str) -> Sequence[Problem]:
    found = [] if camera == "ok" else [Problem.CAMERA]
    if microphone == "silent":
        found.append(Problem.SILENT)
    elif microphone in _POOR:
        found.append(Problem.SOUND)
    elif microphone != "ok":
        found.append(Problem.MICROPHONE)
    return found


def _line(camera: str, microphone: str, line: Line) -> Sequence[Problem]:
    if not line.connected:
        return [Problem.CONNECTION]
    found = []
    speaks = microphone == "ok" or microphone in _POOR
    if speaks and (line.voice_dbfs is None or line.voice_dbfs < HEARD_DBFS):
        found.append(Problem.VOICE_LOST)
    if camera == "ok" and line.picture_kbps < SEEN_KBPS:
        found.append(Problem.PICTURE_LOST)
    if line.loss > LOSSY or (line.rtt_ms is not None and line.rtt_ms > SLOW_MS):
        found.append(Problem.WEAK)
    return found
