// What a person does, end to end in the browser: with the keyboard alone, over a reload, and away.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CODE, engagement, PASSWORD } from '../mock/data';
import { Mock } from '../mock-server';
import { launch, logIn, visit } from './browser';

let browser: Browser;
beforeAll(async () => void (browser = await launch()));
afterAll(() => browser.close());

async function at(run: (page: Page, mock: Mock) => Promise<void>): Promise<void> {
  const mock = await Mock.start();
  const { page, context, problems } = await visit(browser, mock);
  try {
    await run(page, mock);
    expect(problems).toEqual([]);
  } finally {
    await context.close();
    await mock.close();
  }
}

const focused = (page: Page): Promise<string> => page.evaluate(() => document.activeElement?.textContent ?? '');

it('takes a call from log-in to wrap-up with the keyboard alone', () => at(async (page, mock) => {
  await page.goto('/desk');
  await page.locator('#name:focus').waitFor();
  for (const [text, key] of [['achieng', 'Tab'], [PASSWORD, 'Tab'], [CODE, 'Enter']] as const) {
    await page.keyboard.type(text);
    await page.keyboard.press(key);
  }
  await mock.phone();
  await page.keyboard.press('Alt+R');
  await page.locator('.ready[aria-pressed=true]').waitFor();
  const call = mock.offerCall();
  await page.locator('.offer .primary:focus').waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.callpanel .tag.good').waitFor();
  await page.keyboard.press('Alt+M');
  await page.locator('.callpanel .mute.on').waitFor();
  await page.keyboard.press('Alt+M');
  await page.keyboard.press('Alt+H');
  await page.locator('.callpanel .tag.warn').waitFor();
  await page.keyboard.press('Alt+H');
  await page.locator('.callpanel .tag.good').waitFor();
  await page.keyboard.press('Alt+U');
  await page.locator('.wrapup input[type=radio]:focus').waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Tab');
  await page.keyboard.type('Ameelezwa hatua.');
  await page.keyboard.press('Control+Enter');
  await page.locator('.idle').waitFor();
  expect(mock.frames.at(-1)).toEqual({ t: 'wrap_up', contact: call.contact, disposition: 'follow_up', note: 'Ameelezwa hatua.' });
  expect(mock.frames.map((frame) => frame.t)).toEqual(['presence', 'hold', 'hold', 'hang_up', 'wrap_up']);
}));

it('lets a new offer ring, and answers only when asked', () => at(async (page, mock) => {
  await logIn(page, '/desk', 'achieng');
  await mock.phone();
  const call = mock.offerCall();
  await page.locator('.offer').waitFor();
  await page.waitForFunction(() => document.title.startsWith('●'));
  expect(mock.desk.engagements[0]?.state).toBe('offered');
  await page.keyboard.press('Alt+X');
  await page.locator('.offer').waitFor({ state: 'detached' });
  expect(mock.frames.at(-1)).toEqual({ t: 'decline', contact: call.contact, offer: 1 });
}));

it('returns to the call after a reload', () => at(async (page, mock) => {
  await logIn(page, '/desk', 'achieng');
  await mock.phone();
  mock.offerCall();
  await page.locator('.offer .primary').click();
  await page.locator('.callpanel .tag.good').waitFor();
  await page.locator('#call-note').fill('Nusu ya dokezo');
  const before = mock.sip;
  await page.reload();
  // The new page has a phone of its own before its leg can be muted.
  await expect.poll(() => mock.sip !== before, { timeout: 20_000 }).toBe(true);
  // The mute button works only while this page holds the leg.
  await page.locator('.callpanel .mute:not([disabled])').waitFor();
  await page.keyboard.press('Alt+M');
  await page.locator('.callpanel .notice.warn').waitFor();
  expect(await page.locator('#call-note').inputValue()).toBe('Nusu ya dokezo');
}));

it('keeps no draft of a confidential contact', () => at(async (page, mock) => {
  await logIn(page, '/desk', 'achieng');
  await mock.phone();
  mock.offerCall();
  await page.locator('.offer .primary').click();
  await page.locator('#call-note').fill('Siri yake');
  expect(await page.evaluate(() => sessionStorage.getItem('hctc.drafts'))).toContain('Siri yake');
  await page.keyboard.press('Alt+C');
  await page.locator('dialog input[value=gbv]').check();
  await page.locator('dialog .safe.strong').click();
  await page.locator('.callpanel.safe').waitFor();
  expect(mock.frames.at(-1)).toMatchObject({ t: 'confidential', lane: 'gbv', risk: 'P1' });
  await page.waitForFunction(() => !(sessionStorage.getItem('hctc.drafts') ?? '').includes('Siri'));
  expect(await page.locator('#call-note').inputValue()).toBe('Siri yake');
}));

it('sends a chat line once over a cut connection', () => at(async (page, mock) => {
  await logIn(page, '/desk', 'achieng');
  const chat = engagement(Date.now(), { channel: 'web_chat', state: 'connected', recording: 'none' });
  mock.put(chat);
  mock.message(chat.contact, 'citizen', 'Habari');
  await page.locator('.log .citizen').waitFor();
  mock.cut();
  await page.locator('.banners .warn').waitFor();
  await page.locator('#composer').fill('Habari yako');
  await page.keyboard.press('Enter');
  await page.locator('.banners .warn').waitFor({ state: 'detached' });
  await page.waitForFunction(() => document.querySelectorAll('.log .agent').length === 1 && !/inatumwa|haijatumwa/.test(document.querySelector('.log')?.textContent ?? ''));
  expect(mock.frames.filter((frame) => frame.t === 'say')).toHaveLength(1);
}));

it('asks for the microphone first, and says what to do when the browser refuses it', async () => {
  const strict = await launch(false);
  const mock = await Mock.start();
  try {
    const { page } = await visit(strict, mock, { microphone: false });
    await logIn(page, '/desk', 'achieng');
    await page.locator('dialog[open]').waitFor();
    expect(await page.locator('dialog footer button').isDisabled()).toBe(true);
    await page.locator('dialog .body .primary').click();
    await page.getByText('Kivinjari kimekataza maikrofoni').waitFor();
    await page.goto('/call');
    await page.locator('.callbutton').click();
    await page.getByText('Kivinjari kimekataza maikrofoni').waitFor();
    expect(mock.dialled).toBe(0);
  } finally {
    await strict.close();
    await mock.close();
  }
});

it('explains a refused log-in and goes to the field', () => at(async (page, mock) => {
  await page.goto('/desk');
  await page.locator('#name').fill('achieng');
  await page.keyboard.press('Enter');
  await page.locator('#password:focus').waitFor();
  expect(await page.locator('#password').getAttribute('aria-invalid')).toBe('true');
  mock.refuseLogin = { status: 429, body: { refused: 'too_many_tries', sw: 'x', en: 'y', retry_seconds: 125 } };
  await page.locator('#password').fill('x');
  await page.locator('#code').fill('000000');
  await page.keyboard.press('Enter');
  await page.getByText('2:05').waitFor();
}));

it('plays a recording only with a reason', () => at(async (page, mock) => {
  await logIn(page, '/records', 'wanjiru');
  await page.locator('tbody tr a').first().click();
  await page.locator('#reason').fill('abc');
  await page.keyboard.press('Enter');
  await page.locator('#recording ~ .body .bad, .card .bad').first().waitFor();
  expect(mock.requests.some((one) => one.path.includes('/play'))).toBe(false);
  await page.locator('#reason').fill('Malalamiko ya mwananchi');
  await page.keyboard.press('Enter');
  await page.locator('audio:focus').waitFor();
  await page.keyboard.press(' ');
  await page.waitForFunction(() => (document.querySelector('audio')?.currentTime ?? 0) > 0);
  expect(mock.requests.find((one) => one.path.includes('/play'))?.body).toEqual({ reason: 'Malalamiko ya mwananchi' });
}));

it('places a web call and sends keys', () => at(async (page, mock) => {
  await page.goto('/call');
  await page.locator('.callbutton').click();
  await page.locator('.bigtimer').waitFor();
  await page.locator('.key.nine').click();
  await page.keyboard.press('1');
  await page.getByText('91').waitFor();
  // No media reaches the mock, so the keys come as SIP INFO.
  await expect.poll(() => mock.keys).toEqual(['9', '1']);
  expect(mock.dialled).toBe(1);
  expect(mock.requests.map((one) => one.path)).toEqual(['/api/citizen/call']);
}));

async function startChat(page: Page): Promise<void> {
  await page.locator('#ask button[type=submit]').click();
  await page.locator('#lines li').first().waitFor();
}

it('leaves the chat so that Back does not return', async () => {
  const way = { link: (page: Page) => page.locator('a.exit').click(), keys: async (page: Page) => { await page.keyboard.press('Escape'); await page.keyboard.press('Escape'); } };
  for (const leave of [way.link, way.keys]) {
    await at(async (page, mock) => {
      await page.goto('/away');
      await page.goto('/');
      // The home page gives way to the chat, so nothing of ours is left behind it either.
      await page.locator('a[href="/chat"]').click();
      await page.locator('#ask').waitFor();
      await startChat(page);
      expect(await page.title()).toBe('Taarifa');
      await leave(page);
      await page.waitForURL('**/away');
      expect(await page.evaluate(() => [sessionStorage.length, document.body.textContent?.includes('Huduma')])).toEqual([1, false]);
      await page.goBack();
      expect(page.url()).toMatch(/\/away$|about:blank/);
      expect(mock.chatFrames.some((frame) => frame['t'] === 'open')).toBe(true);
    });
  }
});

it('loads the chat in under 50 kB, uncompressed', () => at(async (page) => {
  const sizes: Promise<number>[] = [];
  page.on('response', (response) => sizes.push(response.body().then((body) => body.length)));
  await page.goto('/chat', { waitUntil: 'networkidle' });
  const whole = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  expect(whole).toBeGreaterThan(10_000);
  expect(whole).toBeLessThan(50_000);
}));

it('leaves the chat without scripts', async () => {
  const mock = await Mock.start();
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: mock.url });
  const page = await context.newPage();
  await page.goto('/chat');
  await page.locator('a.exit').click();
  expect(page.url()).toMatch(/\/away$/);
  await context.close();
  await mock.close();
});

it('goes on with the chat after a reload, and asks nothing of who needs confidence', () => at(async (page, mock) => {
  await page.goto('/chat');
  await page.locator('#confidential').check();
  await page.locator('#about-you').waitFor({ state: 'hidden' });
  await startChat(page);
  expect(mock.chatFrames[0]).toMatchObject({ t: 'open', confidential: true, phone: null });
  await page.locator('#write').fill('Nahitaji msaada');
  await page.keyboard.press('Enter');
  await page.locator('#lines .citizen').waitFor();
  await page.reload();
  await page.locator('#lines .citizen').waitFor();
  expect(mock.chatFrames.find((frame) => frame['t'] === 'resume')).toEqual({ t: 'resume', conv: 'c_1', token: 'secret-token', after_seq: 0 });
  expect(await page.locator('#lines li').count()).toBe(2);
  expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => key !== 'hctc.language'))).toEqual([]);
}));

it('goes on with the chat after the network came back, without a line twice', () => at(async (page, mock) => {
  await page.goto('/chat');
  await startChat(page);
  mock.cut();
  await page.locator('#write').fill('Bado niko hapa');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelectorAll('#lines .citizen').length === 1 && !document.querySelector('#lines')?.textContent?.includes('inatumwa'));
  expect(mock.chatFrames.filter((frame) => frame['t'] === 'msg')).toHaveLength(1);
}));

it('shows an auditor the log and asks for nothing else', () => at(async (page, mock) => {
  await logIn(page, '/records', 'zawadi');
  await page.locator('tbody tr').waitFor();
  expect(mock.requests.map((one) => one.path)).toEqual(['/api/me', '/api/login', '/api/audit']);
}));

it('remembers the language and the theme', () => at(async (page, mock) => {
  await logIn(page, '/wall', 'wanjiru');
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('sw');
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('button', { name: 'Use dark colours' }).click();
  await page.goto('/records');
  await page.locator('tbody tr').first().waitFor();
  expect(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset['theme']])).toEqual(['en', 'dark']);
  expect(await focused(page)).toBeDefined();
  expect(mock.requests.length).toBeGreaterThan(0);
}));

it('shows lanes and alarms to the cleared only', () => at(async (page) => {
  await logIn(page, '/wall', 'wanjiru');
  await page.locator('.alarm').waitFor();
  expect(await page.locator('.lanes').count()).toBe(1);
  await page.context().clearCookies();
  await logIn(page, '/wall', 'mutua');
  await page.locator('.tile').first().waitFor();
  expect(await page.locator('.lanes, .alarm').count()).toBe(0);
}));

it('gives the figures of a day by the keyboard alone', () => at(async (page, mock) => {
  await logIn(page, '/wall', 'mutua');
  const button = page.locator('.report header button');
  await button.focus();
  await page.keyboard.press('Enter');
  await page.locator('.report tfoot tr').waitFor();
  expect(await button.getAttribute('aria-expanded')).toBe('true');
  // 24 quarter-hours of everyone; two cells of two of them would tell of a small count.
  expect(await page.locator('.report tbody tr').count()).toBe(24);
  expect(await page.locator('.report tbody .unseen').count()).toBe(4);
  expect(await page.locator('#figures-by option').allTextContents()).toHaveLength(4);
  await page.locator('#figures-day').fill('2026-11-20');
  await page.locator('#figures-by').selectOption('agent');
  await page.locator('#figures-of option', { hasText: 'Achieng' }).waitFor({ state: 'attached' });
  await page.locator('#figures-of').selectOption('achieng');
  await expect.poll(() => page.locator('.report tbody tr').count()).toBe(24);
  expect(mock.requests.filter((one) => one.path === '/api/figures').length).toBeGreaterThanOrEqual(6);
  await page.locator('#figures-of').focus();
  await page.keyboard.press('Tab');
  const saved = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  expect((await saved).suggestedFilename()).toBe('figures-2026-11-20-agent.csv');
}));
