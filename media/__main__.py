"""`python -m media`: a media node in a process of its own."""

import asyncio
import gc
import logging
import resource
import signal
import sys

from .node import Node
from .seams import PortRangeLoop
from .settings import read_settings


def main() -> None:
    settings = read_settings()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("aioice").setLevel(logging.WARNING)
    logging.getLogger("aiortc").setLevel(logging.WARNING)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(65536, hard) if hard > 0 else 65536, hard))

    gc.freeze()  # what is loaded stays; a collection would look at all of it between two packets
    gc.set_threshold(2000, 10, 10)
    sys.setswitchinterval(0.0005)  # seconds; the writer's thread may not keep a packet waiting for longer

    async def run() -> None:
        node = Node(settings)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, node.stop_requested.set)
        await node.serve()

    with asyncio.Runner(loop_factory=lambda: PortRangeLoop(settings.ports)) as runner:
        runner.run(run())


if __name__ == "__main__":
    main()
