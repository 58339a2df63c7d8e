// What people do in front of the camera. Run by pictures.sh, which starts the centre.
//
// Everything in the pictures happened: calls are placed from /call, an agent answers them on /desk,
// chats are written on both sides, and a supervisor looks on.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { chromium } = createRequire(join(root, 'console/web/package.json'))('playwright-core');

const folder = process.argv[2];
const binary = process.env.HCTC_BINARY;
const ready = JSON.parse(readFileSync(join(process.env.HCTC_DATA_DIR, 'ready.json'), 'utf8'));
const base = `http://${ready.http}`;
const PASSWORD = 'huduma-demo-2026';
/** A picture larger than this has no place in a repository. */
const LARGEST = 300_000;

const desktop = { width: 1280, height: 760 };
const wallScreen = { width: 1440, height: 1010 };
const telephone = { width: 390, height: 844 };
const problems = [];

const browser = await chromium.launch({
  executablePath: process.env.HCTC_CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
    '--autoplay-policy=no-user-gesture-required', '--disable-features=WebRtcHideLocalIpsWithMdns',
    '--allow-loopback-in-peer-connection',
  ],
});

/** A person at a window of their own. */
async function person(name, viewport) {
  const context = await browser.newContext({ viewport, baseURL: base, colorScheme: 'light' });
  await context.grantPermissions(['microphone']);
  await context.addInitScript(() => {
    for (const store of [localStorage, sessionStorage]) if (!store.getItem('hctc.language')) store.setItem('hctc.language', 'en');
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on('pageerror', (error) => problems.push(`${name}: ${error}`));
  page.on('console', (message) => {
    // A page that nobody has logged in to yet asks who is there.
    if (message.type() === 'error' && !/status of 401/.test(message.text())) problems.push(`${name}: ${message.text()}`);
  });
  return page;
}

async function logIn(page, path, name) {
  await page.goto(path);
  await page.locator('#name').fill(name);
  await page.locator('#password').fill(PASSWORD);
  await page.locator('#code').fill(execFileSync(binary, ['user', 'code', name], { encoding: 'utf8' }).trim());
  await page.locator('form button[type=submit]').click();
  await page.locator('#main:not(.door)').waitFor();
}

async function agent(name) {
  const page = await person(name, desktop);
  await logIn(page, '/desk', name);
  await page.locator('button:has-text("Phone ready")').waitFor();
  await page.keyboard.press('Alt+R');
  await page.locator('.ready[aria-pressed=true]').waitFor();
  return page;
}

/** How long a prompt takes: it is A-law, 8,000 bytes a second. */
const seconds = (prompt) => statSync(join(root, `ivr-flows/prompts/en/${prompt}.wav`)).size / 8000;
const pause = (time) => new Promise((done) => setTimeout(done, time * 1000));

/** A web call that chose English, heard the recording notice and asked for identity documents. */
async function caller() {
  const page = await person('citizen', telephone);
  await page.goto('/call');
  await page.locator('.callbutton').click();
  await page.locator('.bigtimer').waitFor();
  const key = (name) => page.locator('.key', { hasText: name }).first().click();
  await key('2');
  await pause(seconds('notice') + 4);
  await key('2');
  await pause(1);
  await key('1');
  return page;
}

/** A chat that went through the menu. */
async function writer({ phone = '', confidential = false, choice = 'tax' }) {
  const page = await person('citizen', telephone);
  await page.goto('/chat');
  if (confidential) await page.locator('#confidential').check();
  else await page.locator('#phone').fill(phone);
  await page.locator('#ask button[type=submit]').click();
  await page.locator('#lines li').first().waitFor();
  if (confidential) return page;
  for (const text of ['no', choice]) {
    const before = await page.locator('#lines li.centre').count();
    await write(page, text);
    await page.locator('#lines li.centre').nth(before).waitFor();
  }
  return page;
}

async function write(page, text) {
  await page.locator('#write').fill(text);
  await page.keyboard.press('Enter');
}

async function answer(page, line) {
  await page.locator('#composer').fill(line);
  await page.keyboard.press('Enter');
}

mkdirSync(folder, { recursive: true });
async function picture(page, name) {
  // Nobody should see a half-drawn card.
  await page.evaluate(() => Promise.all(document.getAnimations().filter((one) => one.effect?.getComputedTiming().iterations !== Infinity).map((one) => one.finished.catch(() => null))));
  await page.mouse.move(1, 1);
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path });
  const { size } = statSync(path);
  console.log(`${path}  ${Math.round(size / 1000)} kB`);
  if (size > LARGEST) problems.push(`${path} is larger than ${LARGEST} bytes`);
}

async function theCall(amina) {
  const citizen = await caller();
  await amina.locator('.offer .primary').waitFor();
  await picture(amina, 'desk-offer');
  await amina.keyboard.press('Alt+A');
  await amina.locator('.callpanel .tag.good').waitFor();
  await amina.locator('.callpanel .recording').waitFor();
  await picture(citizen, 'call');
  await amina.locator('#call-note').fill('Lost her identity card in Nakuru. Told her to report to the police and to bring the abstract.');
  await amina.locator('#side-cases').click();
  await amina.locator('#case-title').fill('Duplicate identity card');
  await amina.locator('#case-title').press('Enter');
  await amina.locator('.sidepanel .notice.good').first().waitFor();
  await amina.locator('#side-services').click();
  await amina.locator('#service-query').fill('identity');
  await amina.locator('.sidepanel li', { hasText: 'Identity' }).first().waitFor();
  // A recording worth playing later.
  await pause(8);
  await picture(amina, 'desk-call');
  await citizen.locator('.danger.big').click();
  await amina.locator('.wrapup').waitFor();
  await amina.locator('.wrapup label', { hasText: 'Resolved' }).click();
  await picture(amina, 'desk-wrap-up');
  await amina.keyboard.press('Control+Enter');
  await amina.locator('.wrapup').waitFor({ state: 'detached' });
  await citizen.context().close();
}

async function theChat(amina) {
  const citizen = await writer({ phone: '0712 345678', choice: 'passport' });
  await amina.locator('.offer .primary').click();
  await amina.locator('#composer').waitFor();
  await amina.locator('#side-citizen').click();
  await amina.locator('#citizen-name').fill('Wanjiru Kamau');
  await amina.keyboard.press('Enter');
  await amina.locator('.chat h2', { hasText: 'Wanjiru' }).waitFor();
  await write(citizen, 'Hello. My passport expires in March. Where do I renew it?');
  await amina.locator('.log li.citizen').last().waitFor();
  await answer(amina, 'Hello Wanjiru. You can apply on eCitizen. Shall I send you the steps?');
  await citizen.locator('#lines li.agent').waitFor();
  await write(citizen, 'Yes please. And what do I bring to the centre?');
  await amina.locator('.log li.citizen', { hasText: 'Yes please' }).waitFor();
  await answer(amina, 'Your old passport, your identity card and the paid invoice.');
  await citizen.locator('#lines li.agent').nth(1).waitFor();
  await amina.locator('#composer').pressSequentially('The invoice is on your eCitizen page, under ', { delay: 160 });
  await citizen.locator('#typing:not([hidden])').waitFor();
  await picture(citizen, 'chat');
  await picture(amina, 'desk-chat');
  return citizen;
}

async function theWall(pendo, grace) {
  const presence = (who, reason) => pendo.evaluate(async ([agent, why]) => {
    const answer = await fetch('/api/wall/presence', { method: 'POST', headers: { 'content-type': 'application/json', 'X-HCTC': '1' }, body: JSON.stringify({ agent, presence: { is: 'away', reason: why } }) });
    if (!answer.ok) throw new Error(`presence: ${answer.status}`);
  }, [who, reason]);
  await presence('chebet', 'meal');
  await presence('daudi', 'training');
  await grace.keyboard.press('Alt+B');
  const waiting = [];
  for (const choice of ['tax', 'tax', 'complaint']) waiting.push(await writer({ choice }));
  waiting.push(await writer({ confidential: true }));
  await pendo.locator('.alarms', { hasText: 'waiting' }).first().waitFor();
  await pause(6);
  await picture(pendo, 'wall');
  await pendo.locator('button[aria-label="Use dark colours"]').click();
  await picture(pendo, 'wall-dark');
  await pendo.locator('button[aria-label="Use light colours"]').click();
  for (const page of waiting) await page.context().close();
}

async function theRecord(pendo) {
  await pendo.setViewportSize(desktop);
  await pendo.goto('/records');
  await pendo.locator('tbody tr', { hasText: 'Call' }).first().locator('a').click();
  await pendo.locator('#reason').fill('Quality check of the week');
  await pendo.keyboard.press('Enter');
  await pendo.locator('audio').waitFor();
  await picture(pendo, 'records');
}

try {
  const visitor = await person('visitor', { width: 1200, height: 760 });
  await visitor.goto('/');
  await visitor.locator('h1').waitFor();
  await picture(visitor, 'home');
  await visitor.context().close();
  const amina = await agent('amina');
  await theCall(amina);
  const grace = await agent('grace');
  const citizen = await theChat(amina);
  const pendo = await person('pendo', wallScreen);
  await logIn(pendo, '/wall', 'pendo');
  await pendo.locator('.tile').first().waitFor();
  await theWall(pendo, grace);
  await theRecord(pendo);
  await citizen.context().close();
} catch (error) {
  // HCTC_STUCK names a folder to keep what every window showed.
  // HCTC_STUCK names a folder to keep what every window showed.
  let n = 0;
  for (const context of browser.contexts()) for (const page of context.pages()) await page.screenshot({ path: join(process.env.HCTC_STUCK ?? process.env.HCTC_DATA_DIR, `stuck-${n++}.png`) });
  problems.push(String(error));
} finally {
  await browser.close();
}
for (const problem of problems) console.error(`pictures: ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);
