// Automatic people in real browsers: agents at /desk, citizens at /call. One headless Chromium, a context
// for each person. They use the pages as people do, by their roles and labels; what they say is a tone, what
// they hear is told as the loudest frequency. Orders come in and events go out as JSON lines (browser.rs).

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(new URL('../../console/web/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const STEP_MS = 200;
const PATIENCE_MS = 20_000;
const ARGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', '--autoplay-policy=no-user-gesture-required',
  '--disable-features=WebRtcHideLocalIpsWithMdns', '--allow-loopback-in-peer-connection',
  // Several pages work at once; none may be slowed because another is in front.
  '--disable-background-timer-throttling', '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows',
];

const tell = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const lineOf = (error) => String(error).split('\n')[0];

/** Runs in the page before anything else: the microphone is a tone, and every remote track has an ear. */
function mouthAndEars(hertz) {
  for (const store of [localStorage, sessionStorage]) store.setItem('hctc.language', 'en');
  let shared = null;
  const audio = () => (shared ??= new AudioContext());
  navigator.mediaDevices.getUserMedia = async () => {
    const context = audio();
    await context.resume();
    const [tone, volume, out] = [context.createOscillator(), context.createGain(), context.createMediaStreamDestination()];
    tone.frequency.value = hertz;
    volume.gain.value = 0.4;
    tone.connect(volume).connect(out);
    tone.start();
    return out.stream;
  };
  const heard = (globalThis.heardByUs = []);
  function listen(track, connection) {
    const context = audio();
    const analyser = context.createAnalyser();
    analyser.fftSize = 16_384;
    analyser.smoothingTimeConstant = 0;
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const bins = new Float32Array(analyser.frequencyBinCount);
    const width = context.sampleRate / analyser.fftSize;
    const timer = setInterval(() => {
      if (connection.connectionState === 'closed') return clearInterval(timer);
      analyser.getFloatFrequencyData(bins);
      const power = bins.map((decibels) => 10 ** (decibels / 10));
      const whole = power.reduce((sum, one) => sum + one, 0);
      const top = power.indexOf(Math.max(...power));
      const near = power.slice(Math.max(0, top - 3), top + 4).reduce((sum, one) => sum + one, 0);
      // A tone is where nearly all of the sound is; speech and silence are not.
      if (whole > 1e-6 && near > 0.8 * whole) heard.push(Math.round(top * width));
    }, 200);
  }
  const Connection = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Connection {
    constructor(...rest) {
      super(...rest);
      this.addEventListener('track', (event) => listen(event.track, this));
    }
  };
}

async function visitor(browser, base, hertz) {
  const context = await browser.newContext({ baseURL: base, viewport: { width: 1280, height: 800 } });
  await context.grantPermissions(['microphone']);
  await context.addInitScript(mouthAndEars, hertz);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  return page;
}

const ears = (page) => page.evaluate(() => globalThis.heardByUs.splice(0));

/** An agent at the desk: logs in, goes ready, takes what comes, writes it up. */
class Agent {
  constructor(page, plan, code) {
    Object.assign(this, { page, plan, code, desk: null, lines: new Map(), answered: new Map(), since: new Map(), cases: new Set(), stopped: false });
    page.on('websocket', (socket) => {
      if (new URL(socket.url()).pathname === '/api/desk/ws') socket.on('framereceived', ({ payload }) => this.frame(JSON.parse(String(payload))));
    });
  }

  frame(frame) {
    if (frame.t === 'state') this.desk = frame;
    if (frame.t === 'refused') tell({ t: 'trouble', who: this.plan.name, what: `refused: ${frame.refused}` });
    if (frame.t === 'message' && frame.from === 'citizen') {
      this.lines.set(frame.contact, (this.lines.get(frame.contact) ?? new Map()).set(frame.seq, frame.text));
    }
  }

  async logIn() {
    const { page, plan } = this;
    await page.goto('/desk');
    await page.getByLabel('Log-in name').fill(plan.name);
    await page.getByLabel('Password').fill(plan.password);
    await page.getByLabel('Six-digit code').fill(await this.code(plan.name));
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await page.getByRole('button', { name: 'Phone ready' }).waitFor();
    const ready = page.getByRole('group', { name: 'Presence' }).getByRole('button', { name: 'Ready' });
    await ready.click();
    await page.locator('button.ready[aria-pressed=true]').waitFor();
    tell({ t: 'ready', who: plan.name });
  }

  async work() {
    while (!this.stopped) {
      try {
        for (const one of this.desk?.engagements ?? []) await this.serve(one);
      } catch (error) {
        // A card may go while it is being pressed: the next state says what is left to do.
        tell({ t: 'trouble', who: this.plan.name, what: lineOf(error) });
      }
      await pause(STEP_MS);
    }
  }

  async serve(one) {
    const quick = { timeout: 2_000 };
    const voice = one.channel === 'voice';
    if (one.state === 'offered') {
      const take = this.page.getByRole('article', { name: 'New contact' }).getByRole('button', { name: /^(Answer|Accept)/ }).first();
      // Another counsellor may have taken it since the state came.
      if ((await take.count()) > 0 && (await take.isEnabled(quick))) await take.click(quick);
    } else if (one.state === 'connected' && voice) {
      await this.talk(one);
    } else if (one.state === 'connected') {
      await this.write(one);
    } else if (one.state === 'wrap_up') {
      if (voice) await this.listen(one.contact);
      await this.writeUp(one);
    }
  }

  async listen(contact) {
    const heard = await ears(this.page);
    if (heard.length > 0) tell({ t: 'heard', who: this.plan.name, contact, hertz: heard });
  }

  async talk(one) {
    if (!this.since.has(one.contact)) {
      this.since.set(one.contact, Date.now());
      tell({ t: 'answered', who: this.plan.name, contact: one.contact });
    }
    await this.listen(one.contact);
    const limit = this.plan.hangs_up_after_ms;
    if (limit !== null && Date.now() - this.since.get(one.contact) > limit) {
      await this.page.getByRole('region', { name: 'Call controls' }).getByRole('button', { name: 'Hang up' }).first().click({ timeout: 2_000 });
    }
  }

  async show(contact) {
    const tab = this.page.locator(`#tab-${contact}`);
    if ((await tab.getAttribute('aria-selected', { timeout: 2_000 })) !== 'true') await tab.click({ timeout: 2_000 });
  }

  async write(one) {
    if (!this.answered.has(one.contact)) tell({ t: 'answered', who: this.plan.name, contact: one.contact });
    const said = this.lines.get(one.contact)?.size ?? 0;
    const done = this.answered.get(one.contact) ?? 0;
    this.answered.set(one.contact, done);
    if (said === 0 || said <= done) return;
    await this.show(one.contact);
    const composer = this.page.getByLabel('Write a message');
    await composer.fill(`Habari, ni ${this.plan.name}. Nimesoma ujumbe ${said}.`, { timeout: 2_000 });
    await composer.press('Enter');
    this.answered.set(one.contact, said);
  }

  async writeUp(one) {
    const { page } = this;
    await this.openCase(one);
    await this.show(one.contact);
    const form = page.getByRole('form', { name: 'Wrap up' });
    await form.getByLabel('Resolved').check({ timeout: 2_000 });
    await form.getByLabel('Note').fill('Ameelezwa hatua zote.', { timeout: 2_000 });
    await form.getByRole('button', { name: /^Finish/ }).click({ timeout: 2_000 });
    await page.locator(`#tab-${one.contact}`).waitFor({ state: 'detached', timeout: 5_000 });
    tell({ t: 'wrapped', who: this.plan.name, contact: one.contact });
  }

  /** One case a contact, by the page's own session. */
  async openCase(one) {
    if (this.cases.has(one.contact)) return;
    this.cases.add(one.contact);
    await this.page.evaluate(async (contact) => {
      const body = JSON.stringify({ kind: 'inquiry', title: 'Ombi la mwananchi' });
      await fetch(`/api/crm/contacts/${contact}/cases`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-hctc': '1' }, body });
    }, one.contact);
  }
}

/** A citizen who calls from the web page, presses keys at their times, talks and hangs up. */
async function webCitizen(browser, base, plan) {
  const page = await visitor(browser, base, plan.hertz);
  const all = [];
  const keep = async () => {
    const heard = await ears(page);
    all.push(...heard);
    if (heard.length > 0) tell({ t: 'heard', who: plan.name, contact: null, hertz: heard });
  };
  try {
    await page.goto('/call');
    await page.getByRole('button', { name: 'Call', exact: true }).click();
    await page.locator('.bigtimer').waitFor();
    tell({ t: 'up', who: plan.name });
    for (const [wait, key] of plan.keys) {
      await pause(wait);
      // On this page the keys of the keyboard are the keys of the phone.
      await page.keyboard.press(key);
    }
    const until = Date.now() + plan.patience_ms;
    const agent = (hertz) => hertz >= plan.agents_from_hertz;
    while (!all.some(agent) && Date.now() < until) {
      await keep();
      await pause(STEP_MS);
    }
    for (const left = Date.now() + plan.talk_ms; Date.now() < left; await pause(STEP_MS)) await keep();
    await keep();
    const over = page.getByText('The call is over');
    // The centre may have been quicker.
    if (!(await over.isVisible())) await page.getByRole('button', { name: 'Hang up' }).click({ timeout: 2_000 }).catch(() => undefined);
    await over.waitFor();
    tell({ t: 'over', who: plan.name });
  } catch (error) {
    tell({ t: 'trouble', who: plan.name, what: lineOf(error) });
    tell({ t: 'over', who: plan.name });
  } finally {
    await page.context().close();
  }
}

async function main() {
  const asked = new Map();
  const code = (name) => new Promise((give) => {
    asked.set(name, give);
    tell({ t: 'need_code', who: name });
  });
  const lines = createInterface({ input: process.stdin });
  const orders = lines[Symbol.asyncIterator]();
  const { base, agents, chromium: executablePath } = JSON.parse((await orders.next()).value);
  const browser = await chromium.launch({ executablePath, headless: true, args: ARGS });
  const people = [];
  const calls = [];
  const start = async (plan) => {
    const agent = new Agent(await visitor(browser, base, plan.hertz), plan, code);
    people.push(agent);
    await agent.logIn();
    await agent.work();
  };
  const working = agents.map((plan) => start(plan).catch((error) => tell({ t: 'failed', who: plan.name, what: lineOf(error) })));
  for (let order = await orders.next(); !order.done; order = await orders.next()) {
    const said = JSON.parse(order.value);
    if (said.t === 'code') asked.get(said.who)?.(said.code);
    if (said.t === 'call') calls.push(webCitizen(browser, base, said.plan));
    if (said.t === 'stop') break;
  }
  for (const agent of people) agent.stopped = true;
  lines.close();
  await Promise.race([Promise.allSettled([...working, ...calls]), pause(3_000)]);
  await browser.close();
}

main().then(() => process.exit(0), (error) => {
  tell({ t: 'failed', who: 'browser', what: lineOf(error) });
  process.exit(1);
});
