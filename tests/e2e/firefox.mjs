// A participant in Firefox, driven over WebDriver BiDi: node firefox.mjs <binary> <link>
// Prints a line of JSON for each step: {"waiting": true}, {"heard": {"packets", "energy"}}, {"offer": "…"}.
import puppeteer from "puppeteer-core";

const [binary, link] = process.argv.slice(2);
const say = (step) => process.stdout.write(`${JSON.stringify(step)}\n`);

const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: binary,
  headless: true,
  extraPrefsFirefox: {
    "media.navigator.streams.fake": true,
    "media.navigator.permission.disabled": true,
    "media.peerconnection.ice.obfuscate_host_addresses": false,
    "media.autoplay.default": 0,
  },
});

try {
  const page = await browser.newPage();
  await page.evaluateOnNewDocument(() => {
    globalThis.__connections = [];
    const Native = globalThis.RTCPeerConnection;
    globalThis.RTCPeerConnection = class extends Native {
      constructor(...options) {
        super(...options);
        globalThis.__connections.push(this);
      }
    };
  });
  await page.goto(link);
  const press = async (selector) => {
    await page.waitForSelector(selector, { visible: true, timeout: 20_000 });
    await page.$eval(selector, (element) => element.click());
  };
  /** Waits until one of the two can be seen, presses it, and tells whether it was the first. */
  const pressEither = async (first, second) => {
    const seen = (selector) => document.querySelector(selector)?.checkVisibility();
    const either = (one, other) =>
      document.querySelector(one)?.checkVisibility() || document.querySelector(other)?.checkVisibility();
    await page.waitForFunction(either, { timeout: 20_000, polling: 100 }, first, second);
    const which = (await page.evaluate(seen, first)) ? first : second;
    await page.$eval(which, (element) => element.click());
    return which === first;
  };
  await press("#informed-yes");
  if (await pressEither("#devices-open", "#voice-record")) await press("#voice-record");
  await pressEither("#voice-good", "#bad-skip");
  await press("#join");
  await page.waitForSelector('body[data-phase="waiting"]');
  await page.waitForSelector('body[data-media="connected"]', { timeout: 20_000 });
  say({ offer: await page.evaluate(() => globalThis.__connections.at(-1).localDescription.sdp) });
  say({ waiting: true });
  await page.waitForSelector('body[data-phase="interview"]', { timeout: 60_000 });
  const counts = () =>
    page.evaluate(async () => {
      let packets = 0;
      let energy = 0;
      for (const report of (await globalThis.__connections.at(-1).getStats()).values()) {
        if (report.type === "inbound-rtp" && report.kind === "audio") {
          packets += report.packetsReceived ?? 0;
          energy += report.totalAudioEnergy ?? 0;
        }
      }
      return { packets, energy };
    });
  let heard = await counts();
  for (let tries = 0; tries < 40 && heard.packets < 100; tries += 1) {
    await new Promise((done) => setTimeout(done, 250));
    heard = await counts();
  }
  say({ heard });
  await new Promise((done) => process.stdin.once("data", done));
} finally {
  process.stdin.destroy();
  await browser.close();
}
