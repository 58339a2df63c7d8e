// Giving contacts up, leaving after the last one, a contact's story, and a supervisor's hand on a queue.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { engagement, SAFE_QUEUE } from '../mock/data';
import type { Mock } from '../mock-server';
import { launch, logIn, within } from './browser';

let browser: Browser;
beforeAll(async () => void (browser = await launch()));
afterAll(() => browser.close());

const at = (run: (page: Page, mock: Mock) => Promise<void>): Promise<void> => within(browser, {}, run);

async function inCall(page: Page, mock: Mock): Promise<string> {
  await logIn(page, '/desk', 'achieng');
  await mock.phone();
  const call = mock.offerCall();
  await page.locator('.offer .primary').click();
  await page.locator('.callpanel .tag.good').waitFor();
  return call.contact;
}

it('transfers a call with the keyboard alone, then wraps up with the note that was begun', () => at(async (page, mock) => {
  const contact = await inCall(page, mock);
  await page.locator('#call-note').fill('Anahitaji mtaalamu');
  await page.keyboard.press('Alt+T');
  await page.locator('#transfer-find:focus').waitFor();
  // The first queue, the second, and the third both by its letters and by the arrows.
  const chosen = page.locator('[role=option][aria-selected=true]');
  expect(await chosen.textContent()).toBe('Huduma kwa jumla');
  await page.keyboard.press('ArrowDown');
  expect(await chosen.textContent()).toBe('Kodi na biashara');
  expect(await page.locator('#transfer-find').getAttribute('aria-activedescendant')).toBe('transfer-business');
  await page.keyboard.type('malal');
  expect(await page.locator('[role=option]').allTextContents()).toEqual(['Malalamiko']);
  for (let letter = 0; letter < 'malal'.length; letter += 1) await page.keyboard.press('Backspace');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  expect(await chosen.textContent()).toBe('Malalamiko');
  await page.keyboard.press('Enter');
  await page.locator('.wrapup').waitFor();
  expect(await page.locator('dialog').count()).toBe(0);
  expect(mock.frames.at(-1)).toEqual({ t: 'transfer', contact, queue: 'complaints' });
  expect(await page.locator('.wrapup textarea').inputValue()).toBe('Anahitaji mtaalamu');
}));

it('transfers nothing on Esc, for a filter without a match, or once the citizen has gone', () => at(async (page, mock) => {
  const contact = await inCall(page, mock);
  await page.locator('.controls').getByRole('button', { name: 'Hamisha' }).click();
  await page.keyboard.type('hakuna kama hii');
  await page.locator('dialog .primary:disabled').waitFor();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('Alt+T');
  await page.locator('dialog').waitFor();
  mock.edit(contact, { state: 'wrap_up', until: Date.now() + 60_000 });
  await page.locator('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('Alt+T');
  expect(await page.locator('dialog').count()).toBe(0);
  // Nothing is left open behind it: another dialog opens.
  await page.locator('.presence .ready').focus();
  await page.keyboard.press('?');
  await page.locator('dialog kbd').first().waitFor();
  expect(mock.frames.filter((frame) => frame.t === 'transfer')).toEqual([]);
}));

it('gives a confidential chat to its own lane only, and warns before a queue makes one confidential', () => at(async (page, mock) => {
  await logIn(page, '/desk', 'achieng');
  await mock.phone();
  const chat = engagement(Date.now(), { channel: 'web_chat', state: 'connected', recording: 'none', queue: 'ids' });
  mock.put(chat);
  await page.locator('.chat header').getByRole('button', { name: 'Hamisha' }).click();
  await page.locator('#transfer-confidential').click();
  await page.locator('dialog .notice.safe').waitFor();
  await page.keyboard.press('ArrowUp');
  await page.locator('dialog .notice.safe').waitFor({ state: 'detached' });
  mock.edit(chat.contact, { lane: 'gbv', citizen: null });
  await expect.poll(() => page.locator('[role=option]').allTextContents()).toEqual([SAFE_QUEUE.shown_as.sw]);
}));

it('goes offline after the contact, shows that it will, and takes it back', () => at(async (page, mock) => {
  await logIn(page, '/desk', 'achieng');
  await mock.phone();
  // Nobody is served: who wants to go can go.
  await page.locator('.presence .ready').waitFor();
  expect(await page.locator('#after-contact').count()).toBe(0);
  mock.put(engagement(Date.now(), { state: 'connected', channel: 'web_chat', recording: 'none' }));
  await page.locator('#after-contact').focus();
  await page.keyboard.press('Enter');
  await page.locator('[role=menuitem]:focus').waitFor();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await page.getByText('Baada ya mawasiliano haya utaondoka.').waitFor();
  expect(mock.frames.at(-1)).toEqual({ t: 'leaving', then: { is: 'offline' } });
  await page.locator('.leaving button').click();
  await page.locator('.leaving').waitFor({ state: 'detached' });
  expect(mock.frames.at(-1)).toEqual({ t: 'leaving', then: null });
  await page.locator('#after-contact:focus').waitFor();
  await page.locator('.presence select').selectOption('meal');
  await page.keyboard.press('Shift+Tab');
  await page.locator('#after-contact').click();
  await page.locator('[role=menuitem]:focus').click();
  await page.getByText('Baada ya mawasiliano haya hutapokea mengine: Chakula.').waitFor();
  expect(mock.frames.at(-1)).toEqual({ t: 'leaving', then: { is: 'away', reason: 'meal' } });
}));

it('closes a menu by Esc and gives the focus back', () => at(async (page, mock) => {
  await logIn(page, '/wall', 'wanjiru');
  const button = page.locator('.manage > button').first();
  await button.click();
  await page.locator('[role=menuitem]:focus').waitFor();
  expect(await button.getAttribute('aria-expanded')).toBe('true');
  await page.keyboard.press('Escape');
  await page.locator('.manage > button:focus').waitFor();
  await expect.poll(() => button.getAttribute('aria-expanded')).toBe('false');
  expect(mock.requests.some((one) => one.path.startsWith('/api/wall/'))).toBe(false);
}));

const story = (page: Page): ReturnType<Page['locator']> => page.locator('section:has(> header > #why)');

it('tells why, in the language of the page', () => at(async (page, mock) => {
  let answer = (): void => undefined;
  mock.whyWaits = new Promise((resolve) => (answer = resolve));
  await logIn(page, '/records', 'wanjiru');
  await page.locator('tbody tr a').first().click();
  await story(page).getByText('Inapakia…').waitFor();
  answer();
  await story(page).getByText('hakujibu kwa wakati').waitFor();
  expect(await story(page).locator('li').count()).toBe(5);
  for (const time of await story(page).locator('time').allTextContents()) expect(time).toMatch(/\d\d:\d\d:\d\d$/);
  await page.getByRole('button', { name: 'English' }).click();
  await story(page).getByText('did not answer in time').waitFor();
}));

it('says that there is no story, or why there is none, and asks again', () => at(async (page, mock) => {
  mock.why = { status: 504, body: { refused: 'slow', sw: 'Ombi limechukua muda mrefu mno.', en: 'The request took too long.' } };
  const asked = (): number => mock.requests.filter((one) => one.path.endsWith('/why')).length;
  await logIn(page, '/records', 'wanjiru');
  await page.locator('tbody tr a').first().click();
  await story(page).getByText('Ombi limechukua muda mrefu mno.').waitFor();
  mock.why = { status: 200, body: [] };
  await story(page).getByRole('button', { name: 'Jaribu tena' }).click();
  await story(page).getByText('Hakuna kilichoandikwa').waitFor();
  expect(asked()).toBe(2);
}));

it('opens the story of a confidential contact only when asked, for that is audited', () => at(async (page, mock) => {
  await logIn(page, '/records', 'wanjiru');
  await page.locator('tbody tr a').nth(2).click();
  await story(page).getByText('kumbukumbu ya ukaguzi').waitFor();
  expect(mock.requests.some((one) => one.path.endsWith('/why'))).toBe(false);
  await story(page).getByRole('button').click();
  await story(page).locator('li').first().waitFor();
}));

it('closes a queue after one question and shows it', () => at(async (page, mock) => {
  await logIn(page, '/wall', 'wanjiru');
  const row = page.locator('tbody tr', { hasText: 'Vitambulisho' });
  const changes = (): object[] => mock.requests.filter((one) => /switch|surge/.test(one.path));
  await row.getByRole('button').first().click();
  await page.getByRole('menuitem', { name: 'Funga' }).click();
  await page.locator('dialog .danger:focus').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  expect(changes()).toEqual([]);
  await row.getByRole('button').first().click();
  await page.getByRole('menuitem', { name: 'Funga' }).click();
  await page.locator('dialog .danger:focus').waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.toasts').getByText('imefungwa').waitFor();
  await row.getByText('Imefungwa kwa mkono').waitFor();
  expect(changes()).toEqual([{ path: '/api/wall/switch', body: { queue: 'ids', to: 'closed' } }]);
  // What it already is is not offered again.
  await row.getByRole('button').first().click();
  expect(await page.locator('.menu:popover-open button').allTextContents()).toEqual(['Fungua', 'Fuata kalenda', 'Anzisha ongezeko', 'Simamisha ongezeko']);
  await page.getByRole('menuitem', { name: 'Anzisha ongezeko' }).click();
  await page.locator('dialog .primary:focus').waitFor();
  await page.keyboard.press('Enter');
  await row.locator('.tag.special').waitFor();
  expect(changes().at(-1)).toEqual({ path: '/api/wall/surge', body: { queue: 'ids', on: true } });
}));

it('shows the server’s words when it refuses, and offers nobody to close a safeguarding queue', () => at(async (page, mock) => {
  await logIn(page, '/wall', 'wanjiru');
  await page.locator('tbody tr', { hasText: 'Msaada wa siri' }).getByRole('button').first().click();
  const offered = await page.locator('.menu:popover-open button').allTextContents();
  expect(offered).not.toContain('Funga');
  expect(offered).toContain('Fungua');
  mock.refuseSwitch = { status: 409, body: { refused: 'never_closes', sw: 'Foleni ya siri haifungwi kamwe.', en: 'A safeguarding queue never closes.' } };
  await page.getByRole('menuitem', { name: 'Fungua' }).click();
  await page.locator('dialog .primary:focus').waitFor();
  await page.keyboard.press('Enter');
  await page.locator('dialog').getByText('Foleni ya siri haifungwi kamwe.').waitFor();
  expect(await page.locator('.toasts .notice').count()).toBe(0);
  // The next question does not begin with the last refusal.
  await page.keyboard.press('Escape');
  await page.locator('.manage > button').first().click();
  await page.locator('[role=menuitem]:focus').click();
  await page.locator('dialog').waitFor();
  expect(await page.locator('dialog .notice.bad').count()).toBe(0);
}));
