// A Chromium with a false microphone, and what each test asks of a page.

import axe from 'axe-core';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Language } from '../../src/parts/texts';
import { CODE, PASSWORD } from '../mock/data';
import { Mock } from '../mock-server';

/** The browser to drive; Debian's by default. */
const CHROMIUM = process.env['HCTC_CHROMIUM'] ?? '/usr/bin/chromium';

export type Theme = 'light' | 'dark';

/** `obliging`: the browser grants the microphone without asking anyone. */
export function launch(obliging = true): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
      ...(obliging ? ['--use-fake-ui-for-media-stream'] : []), '--use-fake-device-for-media-stream', '--autoplay-policy=no-user-gesture-required', '--disable-features=WebRtcHideLocalIpsWithMdns',
      '--allow-loopback-in-peer-connection',
    ],
  });
}

export interface Visit { theme?: Theme; language?: Language; width?: number; height?: number; microphone?: boolean }

export interface Visitor { page: Page; context: BrowserContext; problems: string[] }

/** A fresh visitor. Errors of the page and breaches of the content policy are gathered. */
export async function visit(browser: Browser, mock: Mock, wishes: Visit = {}): Promise<Visitor> {
  const { theme = 'light', language = 'sw', width = 1440, height = 900, microphone = true } = wishes;
  const context = await browser.newContext({ colorScheme: theme, viewport: { width, height }, baseURL: mock.url });
  if (microphone) await context.grantPermissions(['microphone']);
  await context.addInitScript((chosen) => {
    // Only where nothing was chosen yet, so that the switch of the page itself can be tested.
    for (const store of [localStorage, sessionStorage]) if (!store.getItem('hctc.language')) store.setItem('hctc.language', chosen);
  }, language);
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    // A refused log-in, or a server that cannot just now, is an answer and no mistake of the page.
    if (message.type() === 'error' && !/status of 40[01349]|status of 429|status of 50[34]|WebSocket connection/.test(message.text())) problems.push(message.text());
  });
  return { page, context, problems };
}

export async function logIn(page: Page, path: string, name: string): Promise<void> {
  await page.goto(path);
  await page.locator('#name').fill(name);
  await page.locator('#password').fill(PASSWORD);
  await page.locator('#code').fill(CODE);
  await page.locator('form button[type=submit]').click();
  await page.locator('#main:not(.door)').waitFor();
}

/** Runs a visit with a server of its own, and fails for errors of the page and breaches of its policy. */
export async function within(browser: Browser, wishes: Visit, run: (page: Page, mock: Mock) => Promise<void>): Promise<void> {
  const mock = await Mock.start();
  const { page, context, problems } = await visit(browser, mock, wishes);
  try {
    await run(page, mock);
    expect(problems).toEqual([]);
  } finally {
    await context.close();
    await mock.close();
  }
}

/** Fails with what axe found: WCAG 2.2 A and AA, and axe's own best practices. */
export async function expectAccessible(page: Page): Promise<void> {
  // Colours must be measured at rest.
  await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null))));
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const run = (globalThis as unknown as { axe: typeof axe }).axe.run;
    const results = await run(document, { resultTypes: ['violations'] });
    return results.violations.map((one) => ({ rule: one.id, help: one.help, at: one.nodes.map((node) => `${node.target.join(' ')} :: ${node.failureSummary ?? ''}`) }));
  });
  expect(found).toEqual([]);
  // Nothing may need scrolling sideways (WCAG 1.4.10).
  const [wide, whole] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  expect(wide).toBeLessThanOrEqual((whole ?? 0) + 1);
  // On a full screen a table shows all its columns.
  const cut = await page.evaluate(() => (innerWidth < 1400 ? [] : [...document.querySelectorAll('.scroll')].filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => `${one.scrollWidth} > ${one.clientWidth}`)));
  expect(cut).toEqual([]);
}

/** Keeps a picture when asked by `HCTC_SHOTS=folder`. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['HCTC_SHOTS'];
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
}
