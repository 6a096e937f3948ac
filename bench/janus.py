"""Debian's Janus with its VideoRoom, to compare with: a configuration of its own, its API over WebSocket."""

import asyncio
import secrets
import shutil
import socket
import time
from pathlib import Path
from typing import Any

import aiohttp

from bench import offers
from bench.load import CAMERA, SCREEN, VOICE, Room, Shape
from bench.offers import Section
from bench.servers import WITHIN, Hosted

JANUS_CONFIG = """
general: {{
  configs_folder = "{folder}"
  plugins_folder = "{folder}/plugins"
  transports_folder = "{folder}/transports"
  events_folder = "{folder}/none"
  loggers_folder = "{folder}/none"
  debug_level = 3
  interface = "{host}"
  session_timeout = 0
}}
media: {{ rtp_port_range = "10000-29999" }}
nat: {{ ice_enforce_list = "{host}" ice_tcp = false }}
"""
JANUS_SOCKETS = """
general: {{ json = "compact" ws = true ws_port = {port} ws_ip = "127.0.0.1" wss = false }}
admin: {{ admin_ws = false admin_wss = false }}
"""
JANUS_ROOM = "general: { events = false }\n"


def janus_installed() -> bool:
    return shutil.which("janus") is not None and _janus_modules() is not None


def _janus_modules() -> Path | None:
    found = sorted(Path("/usr/lib").glob("**/janus/plugins/libjanus_videoroom.so"))
    return found[0].parent.parent if found else None


class Janus(Hosted):
    """Janus with its VideoRoom alone: a publisher's and a subscriber's connection for those who do both."""

    name = "janus"
    recorder = False

    def __init__(self, *common: Any, waiting: int = 12) -> None:
        super().__init__(*common)
        self._waiting = waiting
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._session = 0
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}

    async def start(self) -> None:
        modules = _janus_modules()
        assert modules is not None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        for name, library in (("plugins", "libjanus_videoroom.so"), ("transports", "libjanus_websockets.so")):
            (self.folder / name).mkdir()
            (self.folder / name / library).symlink_to((modules / name / library).resolve())
        texts = {"janus": JANUS_CONFIG, "janus.transport.websockets": JANUS_SOCKETS}
        for name, text in texts.items():
            content = text.format(folder=self.folder, host=self.host, port=port)
            (self.folder / f"{name}.jcfg").write_text(content)
        (self.folder / "janus.plugin.videoroom.jcfg").write_text(JANUS_ROOM)
        self.spawn(["janus", "-F", str(self.folder), "-C", str(self.folder / "janus.jcfg")])
        self._http = aiohttp.ClientSession()
        end = time.monotonic() + WITHIN
        while self._socket is None:
            self.check()
            try:
                url = f"ws://127.0.0.1:{port}"
                self._socket = await self._http.ws_connect(url, protocols=("janus-protocol",), max_msg_size=0)
            except aiohttp.ClientError:
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(0.1)
        self._reader = asyncio.create_task(self._read(self._socket))
        self._session = (await self._ask({"janus": "create"}))["data"]["id"]
        await asyncio.sleep(1.0)

    async def _read(self, answers: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in answers:
            message = frame.json()
            waiting = self._answers.get(message.get("transaction", ""))
            if waiting is not None and not waiting.done() and message["janus"] != "ack":
                waiting.set_result(message)

    async def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        assert self._socket is not None
        transaction = secrets.token_hex(8)
        answer = self._answers[transaction] = asyncio.get_running_loop().create_future()
        if self._session:
            message["session_id"] = self._session
        await self._socket.send_json({**message, "transaction": transaction})
        async with asyncio.timeout(WITHIN):
            found: dict[str, Any] = await answer
        del self._answers[transaction]
        data = found.get("plugindata", {}).get("data", {})
        if found["janus"] == "error" or "error" in data:
            raise RuntimeError(f"Janus refuses: {found}")
        return found

    async def _handle(self) -> int:
        attached = await self._ask({"janus": "attach", "plugin": "janus.plugin.videoroom"})
        return int(attached["data"]["id"])

    async def _message(self, handle: int, body: dict[str, Any], sdp: tuple[str, str] | None = None) -> Any:
        message: dict[str, Any] = {"janus": "message", "handle_id": handle, "body": body}
        if sdp is not None:
            message["jsep"] = {"type": sdp[0], "sdp": sdp[1]}
        return await self._ask(message)

    async def add(self, count: int) -> None:
        for _ in range(count):
            await self._add()

    async def _add(self) -> None:
        room, number = Room(), len(self.rooms) + 1
        self.rooms.append(room)
        create = {"request": "create", "room": number, "publishers": 100, "bitrate": 0, "fir_freq": 0}
        create |= {"audiocodec": "opus", "videocodec": "vp8", "notify_joining": False}
        await self._message(await self._handle(), create)
        participant = await self._publish(room, number, [VOICE, CAMERA], speaks=True)
        examiner = await self._publish(room, number, [VOICE, CAMERA, SCREEN], speaks=True)
        for _ in range(self._waiting):
            await self._publish(room, number, [VOICE, CAMERA], speaks=False)
        await self.connected(room)
        for feeds in ([examiner], [participant], [participant, examiner]):
            await self._subscribe(room, number, feeds)
        await self.connected(room)

    async def _publish(self, room: Room, number: int, shapes: list[Shape], *, speaks: bool) -> int:
        endpoint = self.endpoint()
        room.endpoints.append(endpoint)
        numbers = [next(self._ssrcs) for _ in shapes]
        sections = [Section(shape.kind, ssrc) for shape, ssrc in zip(shapes, numbers, strict=True)]
        if speaks:
            room.outlets += [self.outlet(endpoint, s, ssrc) for s, ssrc in zip(shapes, numbers, strict=True)]
        body = {"request": "joinandconfigure", "ptype": "publisher", "room": number}
        text = offers.offer(endpoint, self._who.fingerprint, sections)
        reply = await self._message(await self._handle(), body, ("offer", text))
        self.begin(endpoint, reply["jsep"]["sdp"], len(sections))
        return int(reply["plugindata"]["data"]["id"])

    async def _subscribe(self, room: Room, number: int, feeds: list[int]) -> None:
        endpoint = self.endpoint()
        room.endpoints.append(endpoint)
        handle = await self._handle()
        streams = [{"feed": feed} for feed in feeds]
        body = {"request": "join", "ptype": "subscriber", "room": number, "streams": streams}
        reply = await self._message(handle, body)
        text = reply["jsep"]["sdp"]
        self.begin(endpoint, text, 0, controlling=False)
        answer = offers.answer(endpoint, self._who.fingerprint, offers.read(text))
        await self._message(handle, {"request": "start"}, ("answer", answer))

    async def stop(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        await self.end()
