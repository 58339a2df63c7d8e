// Every state of every screen that is worth looking at, and how to get there.

import type { Page } from 'playwright-core';
import { engagement, SAFE_QUEUE } from '../mock/data';
import type { Mock } from '../mock-server';
import { logIn, type Visit } from './browser';

export interface Place { name: string; visit?: Visit; go(page: Page, mock: Mock): Promise<void> }

const CHAT = '01JD3Q8ZK00000000000000002';
const SAFE = '01JD3Q8ZK00000000000000003';

async function desk(page: Page, mock: Mock): Promise<void> {
  await logIn(page, '/desk', 'achieng');
  await mock.phone();
  mock.change({ presence: { is: 'ready' }, waiting: [{ queue: 'general', waiting: 2, longest_since: Date.now() - 31_000 }, { queue: 'ids', waiting: 5, longest_since: Date.now() - 92_000 }] });
}

async function inCall(page: Page, mock: Mock): Promise<void> {
  await desk(page, mock);
  const one = mock.offerCall();
  await page.locator('.offer .primary').click();
  await page.locator('.callpanel').waitFor();
  mock.edit(one.contact, { since: Date.now() - 134_000 });
  await page.locator('.timeline li').first().waitFor();
}

function addChat(mock: Mock): void {
  mock.put(engagement(Date.now(), { contact: CHAT, channel: 'web_chat', state: 'connected', queue: 'business', queue_shown_as: { sw: 'Kodi na biashara', en: 'Tax and business' }, since: Date.now() - 61_000, citizen: { name: 'Amina Yusuf', number: null, contacts: 1, last: null, cases: [] }, recording: 'none', why: null }));
  mock.message(CHAT, 'centre', 'Karibu Huduma Kenya.');
  mock.message(CHAT, 'citizen', 'Habari, nataka kujua jinsi ya kusajili jina la biashara.');
  mock.message(CHAT, 'agent', 'Habari Amina. Unaweza kufanya hivyo mtandaoni kupitia eCitizen.');
  mock.message(CHAT, 'citizen', 'Asante. Inachukua siku ngapi, na ada ni pesa ngapi?');
}

async function chatting(page: Page): Promise<void> {
  await page.goto('/chat');
  await page.locator('#ask button[type=submit]').click();
  await page.locator('#lines li').first().waitFor();
}

async function calling(page: Page): Promise<void> {
  await page.goto('/call');
  await page.locator('.callbutton').click();
  await page.locator('.bigtimer').waitFor();
}

const small: Visit = { width: 390, height: 844 };

export const PLACES: Place[] = [
  { name: 'home', go: async (page) => void (await page.goto('/').then(() => page.locator('h1').waitFor())) },
  { name: 'desk-login', go: async (page) => void (await page.goto('/desk').then(() => page.locator('#name').waitFor())) },
  {
    name: 'desk-login-refused',
    go: async (page) => {
      await page.goto('/desk');
      await page.locator('#name').fill('achieng');
      await page.locator('#password').fill('x');
      await page.locator('#code').fill('000000');
      await page.locator('form button[type=submit]').click();
      await page.locator('[role=alert] .notice').waitFor();
    },
  },
  { name: 'desk-ready', go: async (page, mock) => void (await desk(page, mock).then(() => page.locator('.waiting li').first().waitFor())) },
  {
    name: 'desk-offer',
    go: async (page, mock) => {
      await desk(page, mock);
      mock.offerCall({ until: Date.now() + 14_000, since: Date.now() - 6000 });
      await page.locator('.offer').waitFor();
    },
  },
  {
    name: 'desk-offer-safe',
    go: async (page, mock) => {
      await desk(page, mock);
      mock.offerCall({ contact: SAFE, lane: 'gbv', risk: 'P1', queue: 'confidential', queue_shown_as: SAFE_QUEUE.shown_as, citizen: null, recording: 'none', arrived: Date.now() - 4000, why: { order: 'safeguarding', agent: 'several', candidates: 3, score: 0 } });
      await page.locator('.offer.safe').waitFor();
    },
  },
  { name: 'desk-call', go: inCall },
  {
    name: 'desk-call-keypad-cases',
    go: async (page, mock) => {
      await inCall(page, mock);
      await page.locator('.controls [aria-expanded]').click();
      await page.locator('#side-cases').click();
    },
  },
  {
    name: 'desk-call-and-chat',
    go: async (page, mock) => {
      await inCall(page, mock);
      addChat(mock);
      await page.locator(`#tab-${CHAT}`).click();
      await page.locator('.log li').nth(3).waitFor();
      mock.typing(CHAT);
      await page.locator('.log .typing').waitFor();
    },
  },
  {
    name: 'desk-crisis',
    go: async (page, mock) => {
      await desk(page, mock);
      mock.put(engagement(Date.now(), { contact: SAFE, channel: 'web_chat', state: 'connected', lane: 'mental_health', risk: 'P0', queue: 'confidential', queue_shown_as: SAFE_QUEUE.shown_as, citizen: null, recording: 'none', crisis_card: true }));
      mock.message(SAFE, 'citizen', 'Nimechoka na maisha.');
      await page.locator('.crisis').waitFor();
    },
  },
  {
    name: 'desk-wrap-up',
    go: async (page, mock) => {
      await inCall(page, mock);
      await page.locator('#call-note').fill('Amepoteza kitambulisho. Ameelezwa hatua, barua ya polisi inahitajika.');
      await page.locator('.callpanel .danger').click();
      await page.locator('.wrapup').waitFor();
    },
  },
  {
    name: 'desk-confidential',
    go: async (page, mock) => {
      await inCall(page, mock);
      await page.locator('.controls .safe').click();
      await page.locator('dialog[open]').waitFor();
    },
  },
  {
    name: 'desk-transfer',
    go: async (page, mock) => {
      await inCall(page, mock);
      await page.keyboard.press('Alt+T');
      await page.locator('#transfer-find').fill('si');
      await page.locator('#transfer-confidential').click();
      await page.locator('dialog .notice.safe').waitFor();
    },
  },
  {
    name: 'desk-leaving',
    go: async (page, mock) => {
      await inCall(page, mock);
      mock.change({ leaving: { is: 'offline' } });
      await page.locator('.banners .leaving').waitFor();
      await page.locator('#after-contact').click();
      await page.locator('.menu:popover-open button:focus').waitFor();
    },
  },
  { name: 'desk-sound', visit: { microphone: true }, go: async (page, mock) => { await desk(page, mock); await page.locator('.bar .quiet .dot').click(); await page.locator('dialog[open]').waitFor(); } },
  {
    name: 'desk-devices',
    go: async (page, mock) => {
      await desk(page, mock);
      await page.locator('.bar .devices').click();
      await page.locator('#device-label').fill('Meza 14');
      await page.locator('dialog form button').click();
      await page.locator('dialog .notice.good').waitFor();
    },
  },
  { name: 'desk-help', go: async (page, mock) => { await desk(page, mock); await page.keyboard.press('?'); await page.locator('dialog[open]').waitFor(); } },
  { name: 'desk-narrow', visit: { width: 720, height: 900 }, go: inCall },
  { name: 'wall', visit: { width: 1920, height: 1080 }, go: async (page) => { await logIn(page, '/wall', 'wanjiru'); await page.locator('.tile').first().waitFor(); } },
  { name: 'wall-uncleared', go: async (page) => { await logIn(page, '/wall', 'mutua'); await page.locator('.tile').first().waitFor(); } },
  { name: 'wall-presence', go: async (page) => { await logIn(page, '/wall', 'wanjiru'); await page.locator('.tile').nth(3).click(); await page.locator('dialog[open]').waitFor(); } },
  { name: 'wall-queue-menu', go: async (page) => { await logIn(page, '/wall', 'wanjiru'); await page.locator('.manage > button').nth(1).click(); await page.locator('.menu:popover-open button:focus').waitFor(); } },
  {
    name: 'wall-queue-switched',
    go: async (page, mock) => {
      await logIn(page, '/wall', 'wanjiru');
      for (const [row, action] of [[1, 1], [2, 3]] as const) {
        await page.locator('.manage > button').nth(row).click();
        await page.locator('.menu:popover-open button').nth(action).click();
        await page.locator('dialog footer button:focus').click();
        await page.locator('dialog').waitFor({ state: 'detached' });
      }
      await page.locator('.toasts .notice').waitFor();
      mock.refuseSwitch = { status: 409, body: { refused: 'refused', sw: 'Hilo haliwezekani kwa sasa.', en: 'That is not possible now.' } };
      await page.locator('.manage > button').first().click();
      await page.locator('.menu:popover-open button').nth(1).click();
      await page.locator('dialog footer button:focus').click();
      await page.locator('dialog .notice.bad').waitFor();
    },
  },
  { name: 'wall-figures', visit: { width: 1920, height: 1600 }, go: async (page) => { await logIn(page, '/wall', 'wanjiru'); await page.locator('.report header button').click(); await page.locator('.report tfoot tr').waitFor(); await page.locator('.report').scrollIntoViewIfNeeded(); } },
  {
    name: 'wall-figures-uncleared',
    visit: { width: 1440, height: 1500 },
    go: async (page) => {
      await logIn(page, '/wall', 'mutua');
      await page.locator('.report header button').click();
      await page.locator('.report tbody .muted').first().waitFor();
      await page.locator('.report').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'wall-figures-agents',
    visit: small,
    go: async (page) => {
      await logIn(page, '/wall', 'wanjiru');
      await page.locator('.report header button').click();
      await page.locator('#figures-by').selectOption('agent');
      await page.locator('.report thead th', { hasText: /Occupancy|Shughuli/ }).waitFor();
      await page.locator('.report').scrollIntoViewIfNeeded();
    },
  },
  { name: 'records', go: async (page) => { await logIn(page, '/records', 'wanjiru'); await page.locator('tbody tr').first().waitFor(); } },
  { name: 'records-found', go: async (page) => { await logIn(page, '/records', 'wanjiru'); await page.locator('#query').fill('0700 000 417'); await page.keyboard.press('Enter'); await page.locator('.links li').waitFor(); } },
  { name: 'records-citizen', go: async (page) => { await logIn(page, '/records', 'wanjiru'); await page.locator('#query').fill('Kipchoge'); await page.keyboard.press('Enter'); await page.locator('.links a').click(); await page.locator('.pagetitle').waitFor(); } },
  {
    name: 'record',
    go: async (page) => {
      await logIn(page, '/records', 'wanjiru');
      await page.locator('tbody tr a').first().click();
      await page.locator('.script li').first().waitFor();
      await page.locator('#reason').fill('Malalamiko ya mwananchi');
      await page.keyboard.press('Enter');
      await page.locator('audio').waitFor();
    },
  },
  { name: 'record-no-model', go: async (page) => { await logIn(page, '/records', 'wanjiru'); await page.locator('tbody tr a').last().click(); await page.locator('.factgrid').waitFor(); } },
  {
    name: 'record-why-failed',
    go: async (page, mock) => {
      mock.why = { status: 503, body: { refused: 'unavailable', sw: 'Huduma haipatikani kwa sasa. Tafadhali jaribu tena.', en: 'The service is not available just now. Please try again.' } };
      await logIn(page, '/records', 'wanjiru');
      await page.locator('tbody tr a').first().click();
      await page.locator('#why').locator('xpath=../..').locator('.notice.bad').waitFor();
    },
  },
  { name: 'record-why-audited', go: async (page) => { await logIn(page, '/records', 'wanjiru'); await page.locator('tbody tr a').nth(2).click(); await page.locator('.factgrid').waitFor(); } },
  { name: 'records-audit', go: async (page) => { await logIn(page, '/records', 'mutua'); await page.locator('a[href="#audit"]').click(); await page.locator('tbody tr').waitFor(); } },
  { name: 'call', visit: small, go: async (page) => void (await page.goto('/call').then(() => page.locator('.callbutton').waitFor())) },
  { name: 'call-live', visit: small, go: (page) => calling(page) },
  { name: 'call-ended', visit: small, go: async (page) => { await calling(page); await page.locator('.danger.big').click(); await page.locator('.callbutton').waitFor(); } },
  { name: 'chat', visit: small, go: async (page) => void (await page.goto('/chat').then(() => page.locator('#ask').waitFor())) },
  {
    name: 'chat-waiting', visit: small,
    go: async (page, mock) => {
      await chatting(page);
      mock.chat({ t: 'queue', position: 3, ewt_s: 180 });
      await page.locator('#status:not([hidden])').waitFor();
    },
  },
  {
    name: 'chat-talking', visit: small,
    go: async (page, mock) => {
      await chatting(page);
      await page.locator('#write').fill('Nimepoteza kitambulisho changu, nifanye aje?');
      await page.keyboard.press('Enter');
      mock.chat({ t: 'agent', name: 'Achieng' });
      mock.chatLine('agent', 'Pole sana. Nitakusaidia. Je, uko na barua ya polisi?');
      mock.chat({ t: 'typing' });
      await page.locator('#typing:not([hidden])').waitFor();
    },
  },
  { name: 'chat-ended', visit: small, go: async (page, mock) => { await chatting(page); mock.chat({ t: 'end' }); await page.locator('#over:not([hidden])').waitFor(); } },
  { name: 'away', go: async (page) => void (await page.goto('/away').then(() => page.locator('h1').waitFor())) },
];
