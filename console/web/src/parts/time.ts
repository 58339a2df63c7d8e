// Spans and moments as people read them. Pure: the moment comes in.

import type { Language } from './texts';

/** `75000` as `1:15`, `3675000` as `1:01:15`. Negative counts as zero. */
export function clock(millis: number): string {
  const seconds = Math.max(0, Math.floor(millis / 1000));
  const two = (n: number): string => String(n).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** The ISO 8601 duration for `<time datetime>`. */
export function isoSpan(millis: number): string {
  return `PT${Math.max(0, Math.floor(millis / 1000))}S`;
}

function locale(language: Language): string {
  return language === 'sw' ? 'sw-KE' : 'en-KE';
}

/** Kenya has one zone and no summer time; every screen shows its clock. */
const ZONE = 'Africa/Nairobi';

/** Hour and minute. */
export function hour(at: number, language: Language): string {
  return new Intl.DateTimeFormat(locale(language), { hour: '2-digit', minute: '2-digit', hour12: false, timeZone: ZONE }).format(at);
}

/** Hour, minute and second. */
export function second(at: number, language: Language): string {
  return new Intl.DateTimeFormat(locale(language), { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false, timeZone: ZONE }).format(at);
}

/** Day and month, with the year when it is not this one. */
export function day(at: number, now: number, language: Language): string {
  const year = (moment: number): string => new Intl.DateTimeFormat('en', { year: 'numeric', timeZone: ZONE }).format(moment);
  const parts: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', timeZone: ZONE };
  if (year(at) !== year(now)) parts.year = 'numeric';
  return new Intl.DateTimeFormat(locale(language), parts).format(at);
}

/** Day, month and time. */
export function moment(at: number, now: number, language: Language): string {
  return `${day(at, now, language)}, ${hour(at, language)}`;
}

/** `0.834` as `83%`; nothing to divide as a dash. */
export function percent(share: number | null): string {
  return share === null ? '–' : `${Math.round(share * 100)}%`;
}

/** How far `now` is on the way from `since` to `until`, 0 to 1. */
export function progress(since: number, until: number, now: number): number {
  if (until <= since) return 1;
  return Math.min(1, Math.max(0, (now - since) / (until - since)));
}
