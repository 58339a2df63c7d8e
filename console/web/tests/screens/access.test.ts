// Every place, light and dark, Kiswahili and English: axe finds nothing, the content policy is
// kept, and nothing runs out of the window.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Mock } from '../mock-server';
import { expectAccessible, launch, picture, visit } from './browser';
import { PLACES } from './places';

let browser: Browser;
beforeAll(async () => void (browser = await launch()));
afterAll(() => browser.close());

const only = process.env['HCTC_ONLY'];

describe.each(PLACES.filter((place) => !only || place.name.startsWith(only)))('$name', (place) => {
  it.each(['sw', 'en'] as const)('%s, light and dark', async (language) => {
    const mock = await Mock.start();
    const { page, context, problems } = await visit(browser, mock, { ...place.visit, language });
    try {
      await place.go(page, mock);
      for (const theme of ['light', 'dark'] as const) {
        // Nobody chose, so the page follows the system, at once.
        await page.emulateMedia({ colorScheme: theme });
        await picture(page, `${place.name}-${theme}-${language}`);
        await expectAccessible(page);
      }
      expect(problems).toEqual([]);
    } finally {
      await context.close();
      await mock.close();
    }
  });
});
