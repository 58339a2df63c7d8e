// What the agent is writing, per contact: the wrap-up note and the message in the composer. A
// reload of the page keeps them for the tab, except those of safeguarding contacts, which are never
// put where the browser could write them to disk.

import { signal } from '@preact/signals';
import { recall, remember } from '../parts/memory';
import { isSafeguarding, type Engagement } from '../parts/protocol';

type Kind = 'note' | 'message';
const KEY = 'hctc.drafts';

function restore(): Record<string, string> {
  try {
    return JSON.parse(recall('tab', KEY) ?? '{}') as Record<string, string>;
  } catch {
    return {};
  }
}

const kept = signal<Readonly<Record<string, string>>>(restore());
const secret = new Set<string>();

function persist(): void {
  const open = Object.entries(kept.value).filter(([key]) => !secret.has(key.split('/')[0] ?? ''));
  remember('tab', KEY, open.length === 0 ? null : JSON.stringify(Object.fromEntries(open)));
}

export function draft(contact: string, kind: Kind): string {
  return kept.value[`${contact}/${kind}`] ?? '';
}

export function setDraft(contact: string, kind: Kind, text: string): void {
  const { [`${contact}/${kind}`]: _, ...rest } = kept.value;
  kept.value = text === '' ? rest : { ...rest, [`${contact}/${kind}`]: text };
  persist();
}

/** Forgets drafts of contacts that are over and takes safeguarding ones out of storage. */
export function follow(engagements: readonly Engagement[]): void {
  for (const one of engagements) if (isSafeguarding(one.lane)) secret.add(one.contact);
  const ours = new Set(engagements.map((one) => one.contact));
  kept.value = Object.fromEntries(Object.entries(kept.value).filter(([key]) => ours.has(key.split('/')[0] ?? '')));
  persist();
}
