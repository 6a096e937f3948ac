"""When the recorder calls for help: rules on what is observed of each track, and what has changed since."""

import shutil
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .recorder import RecorderEnvironment, Track

NO_PACKETS = 3.0  # seconds a patched voice may be without packets
NOTHING_ON_DISK = 8.0  # seconds a track may receive without its file growing
SILENT_DBFS = -80.0  # a living microphone is never quieter than its own noise
SILENT_FOR = 15.0
DRIFT = 0.2  # seconds between a track's own time and the wall clock
LEAST_FREE = 1 << 30  # bytes


class Alarms:
    """Keeps which alarms are on; `update` gives the changes only."""

    def __init__(self) -> None:
        self._on: dict[tuple[str, str], str] = {}

    def update(
        self, tracks: Iterable["Track"], environment: "RecorderEnvironment", now: float
    ) -> list[dict[str, Any]]:
        """The alarms that went on or off: `{"track", "alarm", "on", "detail"}`, track "" for the whole recording."""
        current: dict[tuple[str, str], str] = {}
        for track in tracks:
            for alarm, detail in track_alarms(track, environment, now):
                current[track.name, alarm] = detail
        try:
            free = shutil.disk_usage(environment.root).free
        except OSError as error:
            current["", "disk"] = str(error)
        else:
            if free < LEAST_FREE:
                current["", "disk"] = f"{free >> 20} MiB"
        changes = [
            {"track": track, "alarm": alarm, "on": True, "detail": detail}
            for (track, alarm), detail in current.items()
            if (track, alarm) not in self._on
        ]
        changes += [
            {"track": track, "alarm": alarm, "on": False, "detail": ""}
            for track, alarm in self._on
            if (track, alarm) not in current
        ]
        self._on = current
        return changes

    def standing(self) -> list[dict[str, Any]]:
        """The alarms that are on, as `update` told them."""
        return [
            {"track": track, "alarm": alarm, "on": True, "detail": detail}
            for (track, alarm), detail in self._on.items()
        ]


def track_alarms(track: "Track", environment: "RecorderEnvironment", now: float) -> list[tuple[str, str]]:
    """The alarms of one track at this moment, with a detail for the specialist."""
    found = []
    checked = environment.live_check.state(track.file.path)
    if track.file.failing is not None:
        found.append(("write", track.file.failing))
    if track.source is None:
        return found
    since = now - (track.last_arrival if track.last_arrival is not None else track.switched)
    if track.kind == "audio" and since > NO_PACKETS:
        found.append(("stall", f"{since:.0f} s"))
    elif checked is not None and track.file.failing is None:
        if since < 1.0 and now - max(checked.grew, track.switched) > NOTHING_ON_DISK:
            found.append(("stall", "file"))
        elif checked.error:
            found.append(("stall", checked.error))
        if (
            track.kind == "audio"
            and checked.silent_since is not None
            and now - max(checked.silent_since, track.switched) > SILENT_FOR
        ):
            found.append(("silence", f"{checked.level:.0f} dBFS"))
    if track.kind == "audio" and abs(track.drift) > DRIFT:
        found.append(("drift", f"{track.drift:+.2f} s"))
    return found
