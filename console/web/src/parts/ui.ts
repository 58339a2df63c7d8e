// The signals every Preact screen shares: language, theme, the clock, and the words.

import { computed, effect, signal } from '@preact/signals';
import * as en from '../messages/en';
import * as sw from '../messages/sw';
import { recall, remember, type Keeper } from './memory';
import { lookup, type Language } from './texts';

// Citizen pages say so on <html>: they remember for the tab only.
const keeper: Keeper = document.documentElement.dataset['keeper'] === 'tab' ? 'tab' : 'device';

export const language = signal<Language>(recall(keeper, 'hctc.language') === 'en' ? 'en' : 'sw');

type Theme = 'light' | 'dark';
const system = matchMedia('(prefers-color-scheme: dark)');
const systemTheme = signal<Theme>(system.matches ? 'dark' : 'light');
system.addEventListener('change', () => (systemTheme.value = system.matches ? 'dark' : 'light'));
const saved = recall(keeper, 'hctc.theme');
const chosenTheme = signal<Theme | null>(saved === 'light' || saved === 'dark' ? saved : null);
export const theme = computed<Theme>(() => chosenTheme.value ?? systemTheme.value);

effect(() => {
  document.documentElement.lang = language.value;
  remember(keeper, 'hctc.language', language.value);
});
effect(() => {
  if (chosenTheme.value) document.documentElement.dataset['theme'] = chosenTheme.value;
  remember(keeper, 'hctc.theme', chosenTheme.value);
});

export function switchLanguage(): void {
  language.value = language.value === 'sw' ? 'en' : 'sw';
}

export function switchTheme(): void {
  chosenTheme.value = theme.value === 'dark' ? 'light' : 'dark';
}

/** Server time minus ours, from the `Date` header of answers; small differences are delay, not skew. */
let skew = 0;
export function learnServerTime(date: string | null): void {
  const at = date ? Date.parse(date) : Number.NaN;
  const difference = at + 500 - Date.now();
  if (Number.isFinite(difference)) skew = Math.abs(difference) > 2000 ? difference : 0;
}

/** Now by the server's clock. */
export function serverNow(): number {
  return Date.now() + skew;
}

/** Ticks once a second; whatever shows a running time reads it. */
export const now = signal(serverNow());
setInterval(() => (now.value = serverNow()), 1000);

const current = (): Language => language.value;
export const tc = lookup({ sw: sw.common, en: en.common }, current);
const word = lookup({ sw: sw.words, en: en.words }, current);

/** The word for a name of the centre (a lane, a reason, a cause); a name we have no word for is shown readably. */
export function say(name: string): string {
  if (name in sw.words) return word(name as keyof typeof sw.words);
  const text = name.replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The name of a language by its tag. */
export function tongue(code: string | null): string {
  if (code === null) return '–';
  return code === 'sw' || code === 'en' ? word(code) : word('other_tongue', { code });
}

/** Keeps the tab's title in the language of the page. */
export function titled(title: () => string): void {
  effect(() => {
    document.title = title();
  });
}

export { current as currentLanguage };
