// A browser on a string: one JSON command a line in, one JSON answer a line out. The Rust tests say
// what a person does; this file only knows how to do it, and how to listen to what the page plays.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = join(dirname(fileURLToPath(import.meta.url)), '../../../console/web/package.json');
const { chromium } = createRequire(web)('playwright-core');

const people = new Map();

// Runs in the page before anything else: every remote audio track goes to an analyser, so that a test
// can ask which tone is heard now.
function ears() {
  const heard = [];
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(...given) {
      super(...given);
      this.addEventListener('track', (event) => {
        const context = new AudioContext();
        const analyser = context.createAnalyser();
        analyser.fftSize = 8192;
        analyser.smoothingTimeConstant = 0;
        const stream = event.streams[0] ?? new MediaStream([event.track]);
        context.createMediaStreamSource(stream).connect(analyser);
        heard.push({ context, analyser, pc: this });
      });
    }
  };
  // The strongest tone of the newest connection, in hertz, and its level in decibels.
  window.__heard = () => {
    const last = heard.at(-1);
    if (!last) return { hertz: 0, level: -200, legs: 0 };
    const bins = new Float32Array(last.analyser.frequencyBinCount);
    last.analyser.getFloatFrequencyData(bins);
    const width = last.context.sampleRate / last.analyser.fftSize;
    let best = 0;
    for (let i = 1; i < bins.length; i++) if (bins[i] > bins[best]) best = i;
    const at = (hertz) => bins[Math.round(hertz / width)];
    return { hertz: best * width, level: bins[best], at440: at(440), at1000: at(1000), legs: heard.length };
  };
}

const actions = {
  async launch({ person, mic, language = 'en' }) {
    const browser = await chromium.launch({
      executablePath: process.env.HCTC_CHROMIUM ?? '/usr/bin/chromium',
      headless: true,
      args: [
        '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
        `--use-file-for-fake-audio-capture=${mic}`, '--autoplay-policy=no-user-gesture-required',
        '--disable-features=WebRtcHideLocalIpsWithMdns', '--allow-loopback-in-peer-connection',
      ],
    });
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    await context.grantPermissions(['microphone']);
    await context.addInitScript(ears);
    await context.addInitScript((chosen) => {
      for (const store of [localStorage, sessionStorage]) if (!store.getItem('hctc.language')) store.setItem('hctc.language', chosen);
    }, language);
    const page = await context.newPage();
    page.setDefaultTimeout(45_000);
    const problems = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    people.set(person, { browser, context, page, problems });
  },
  goto: ({ page }, { url }) => page.goto(url).then(() => undefined),
  fill: ({ page }, { selector, value }) => page.locator(selector).first().fill(value),
  click: ({ page }, { selector }) => page.locator(selector).first().click(),
  press: ({ page }, { key }) => page.keyboard.press(key),
  wait: ({ page }, { selector, state = 'visible' }) => page.locator(selector).first().waitFor({ state }),
  text: ({ page }, { selector }) => page.locator(selector).first().innerText(),
  count: ({ page }, { selector }) => page.locator(selector).count(),
  heard: ({ page }) => page.evaluate(() => window.__heard()),
  reload: ({ page }) => page.reload().then(() => undefined),
  url: ({ page }) => page.url(),
  problems: ({ problems }) => problems,
  screenshot: ({ page }, { path }) => page.screenshot({ path }).then(() => undefined),
  async twin(who) {
    const opened = who.context.waitForEvent('page');
    // A window opened by a page starts with a copy of the tab's memory, as "duplicate tab" does.
    await who.page.evaluate(() => void window.open(location.href));
    [who.page, who.other] = [await opened, who.page];
    who.page.setDefaultTimeout(45_000);
  },
  other_window(who) {
    [who.page, who.other] = [who.other, who.page];
  },
  async close({ browser }, { person }) {
    await browser.close();
    people.delete(person);
  },
};

async function obey(command) {
  const { op, person } = command;
  if (op === 'launch') return actions.launch(command);
  const who = people.get(person);
  if (!who) throw new Error(`nobody is called ${person}`);
  return actions[op](who, command);
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = { ok: true, value: (await obey(JSON.parse(line))) ?? null };
  } catch (error) {
    answer = { ok: false, error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
for (const { browser } of people.values()) await browser.close();
