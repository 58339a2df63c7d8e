// What the CRM knows about the contact on screen. It is asked for again when the contact changes
// or when something was added; answers for a contact no longer on screen are dropped.

import { computed, effect, signal } from '@preact/signals';
import { request, textOf } from '../parts/api';
import type { Case, ContactRecord, Service, Timeline } from '../parts/protocol';
import { shown } from './store';

export const record = signal<ContactRecord | null>(null);
export const timeline = signal<Timeline | null>(null);
export const failure = signal<string | null>(null);

const subject = computed(() => shown.value?.contact ?? null);
// Becoming confidential closes what was open: the answer may differ from then on.
const lane = computed(() => shown.value?.lane ?? null);

export function startCrm(): void {
  effect(() => {
    void lane.value;
    const contact = subject.value;
    record.value = null;
    timeline.value = null;
    failure.value = null;
    if (contact) void load(contact);
  });
}

async function load(contact: string): Promise<void> {
  try {
    const found = await request<ContactRecord>('GET', `/api/crm/contacts/${contact}`);
    if (subject.peek() !== contact) return;
    record.value = found;
    if (!found.citizen) return;
    const history = await request<Timeline>('GET', `/api/crm/citizens/${found.citizen.id}`);
    if (subject.peek() === contact) timeline.value = history;
  } catch (error) {
    if (subject.peek() === contact) failure.value = textOf(error);
  }
}

/** Runs one change and reads the record again; gives what the server answered, `null` on failure. */
async function change<T>(contact: string, path: string, body: unknown): Promise<T | null> {
  try {
    failure.value = null;
    const answer = await request<T>('POST', `/api/crm/contacts/${contact}/${path}`, body);
    await load(contact);
    return answer;
  } catch (error) {
    failure.value = textOf(error);
    return null;
  }
}

export async function addNote(contact: string, text: string): Promise<boolean> {
  await change(contact, 'notes', { text });
  return failure.value === null;
}

export function openCase(contact: string, body: { kind: string; title: string; service?: string }): Promise<Case | null> {
  return change<Case>(contact, 'cases', body);
}

export async function nameCitizen(contact: string, name: string): Promise<void> {
  await change(contact, 'citizen', { name });
}

export async function findServices(query: string): Promise<Service[]> {
  try {
    return await request<Service[]>('GET', `/api/crm/services?q=${encodeURIComponent(query)}`);
  } catch (error) {
    failure.value = textOf(error);
    return [];
  }
}
