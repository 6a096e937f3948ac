"""What this process takes of its machine at this moment, for the control API (docs/NODE.md)."""

import asyncio
import time
from pathlib import Path

import psutil

DESCRIPTORS = Path("/proc/self/fd")


def descriptors() -> tuple[int, int] | None:
    """Open descriptors: files, pipes and the like, and sockets; None where there is no /proc."""
    files = sockets = 0
    try:
        for entry in list(DESCRIPTORS.iterdir()):
            try:
                target = str(entry.readlink())
            except OSError:  # the one that the listing itself had open
                continue
            if target.startswith("socket:"):
                sockets += 1
            else:
                files += 1
    except OSError:
        return None
    return files, sockets


def taken() -> dict[str, int | float | None]:
    """Tasks of the running event loop, and what belongs to the process; children do not count."""
    files, sockets = descriptors() or (None, None)
    process = psutil.Process()
    return {
        "tasks": len(asyncio.all_tasks()),
        "files": files,
        "sockets": sockets,
        "threads": process.num_threads(),
        "rss_mib": round(process.memory_info().rss / (1 << 20), 3),
        "cpu_seconds": round(time.process_time(), 3),
    }
