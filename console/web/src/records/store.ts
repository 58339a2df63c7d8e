// Where the records page stands and what it loaded for that place.

import { effect, signal } from '@preact/signals';
import * as en from '../messages/en';
import * as sw from '../messages/sw';
import { request, textOf } from '../parts/api';
import type { ContactRecord, Found, Timeline } from '../parts/protocol';
import { lookup } from '../parts/texts';
import { currentLanguage } from '../parts/ui';
import { readPlace, readQuery, type Place } from './query';

export const t = lookup({ sw: sw.records, en: en.records }, currentLanguage);

export const place = signal<Place>(readPlace(location.hash));
export const recent = signal<readonly ContactRecord[] | null>(null);
export const found = signal<Found | null>(null);
export const record = signal<ContactRecord | null>(null);
export const timeline = signal<Timeline | null>(null);
export const failure = signal<string | null>(null);
export const searched = signal('');

addEventListener('hashchange', () => (place.value = readPlace(location.hash)));

/** Runs a request for the place on screen; an answer for a place left behind is dropped. */
async function load<T>(path: string, put: (answer: T) => void): Promise<void> {
  const asked = place.peek();
  try {
    const answer = await request<T>('GET', path);
    if (place.peek() === asked) put(answer);
  } catch (error) {
    if (place.peek() === asked) failure.value = textOf(error);
  }
}

let started = false;
/** `works`: whether the viewer works with citizens' matters; who does not has no records to load. */
export function start(works: boolean): void {
  if (started) return;
  started = true;
  effect(() => {
    const at = place.value;
    if (!works) return;
    failure.value = null;
    record.value = null;
    timeline.value = null;
    if (at.at === 'contact') void load<ContactRecord>(`/api/crm/contacts/${at.id}`, (one) => (record.value = one));
    else if (at.at === 'citizen') void load<Timeline>(`/api/crm/citizens/${at.id}`, (one) => (timeline.value = one));
    else if (at.at === 'recent') void load<ContactRecord[]>('/api/crm/recent', (list) => (recent.value = list));
  });
}

export async function search(text: string): Promise<void> {
  const query = readQuery(text);
  searched.value = text.trim();
  failure.value = null;
  if (place.peek().at !== 'recent') location.hash = '';
  if (!query) {
    found.value = null;
    return;
  }
  try {
    found.value = await request<Found>('POST', '/api/crm/search', query);
  } catch (error) {
    found.value = null;
    failure.value = textOf(error);
  }
}

export async function addNote(contact: string, text: string): Promise<boolean> {
  try {
    await request('POST', `/api/crm/contacts/${contact}/notes`, { text });
    record.value = await request<ContactRecord>('GET', `/api/crm/contacts/${contact}`);
    return true;
  } catch (error) {
    failure.value = textOf(error);
    return false;
  }
}

export async function setCaseState(reference: string, state: string, note: string): Promise<boolean> {
  try {
    await request('POST', `/api/crm/cases/${encodeURIComponent(reference)}/state`, { state, note });
    place.value = { ...place.peek() };
    return true;
  } catch (error) {
    failure.value = textOf(error);
    return false;
  }
}
