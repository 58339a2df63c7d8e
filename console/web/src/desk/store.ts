// What the desk knows: the server's state, conversations, and which contact is on screen.

import { computed, signal } from '@preact/signals';
import { whoAmI } from '../parts/login';
import type { DeskIn, DeskOut, DeskState, Engagement, Presence } from '../parts/protocol';
import { LiveSocket, type Link } from '../parts/socket';
import { ulid } from '../parts/ulid';
import { language, serverNow } from '../parts/ui';
import { confirmed, EMPTY, heard, read, unconfirmed, written, type Conversation } from '../parts/conversation';
import { follow } from './drafts';
import { onScreen } from './settle';

export const state = signal<DeskState | null>(null);
export const link = signal<Link>('connecting');
export const chosen = signal<string | null>(null);
export const conversations = signal<ReadonlyMap<string, Conversation>>(new Map());
/** When the citizen last typed, by contact. */
export const typing = signal<ReadonlyMap<string, number>>(new Map());
/** What the server refused last, until dismissed. */
export const refusal = signal<string | null>(null);
export type DialogName = 'sound' | 'devices' | 'help' | 'confidential' | 'transfer';
export const dialog = signal<DialogName | null>(null);

export const engagements = computed<readonly Engagement[]>(() => state.value?.engagements ?? []);
export const offers = computed(() => engagements.value.filter((one) => one.state === 'offered'));
export const ours = computed(() => engagements.value.filter((one) => one.state !== 'offered'));
export const shown = computed(() => onScreen(engagements.value, chosen.value));

let socket: LiveSocket<DeskIn, DeskOut> | null = null;

export function connect(): void {
  socket ??= new LiveSocket<DeskIn, DeskOut>('/api/desk/ws', { frame: take, link: linked });
}

export function send(frame: DeskOut): boolean {
  return socket?.send(frame) ?? false;
}

function linked(next: Link): void {
  link.value = next;
  if (next === 'lost') void whoAmI();
  if (next !== 'open') return;
  // The same id twice is answered with the same number, so resending is safe.
  for (const [contact, conversation] of conversations.value) {
    for (const { id, text } of unconfirmed(conversation)) send({ t: 'say', contact, id, text });
  }
}

function change(contact: string, how: (conversation: Conversation) => Conversation): void {
  const before = conversations.value.get(contact) ?? EMPTY;
  const after = how(before);
  if (after !== before) conversations.value = new Map(conversations.value).set(contact, after);
}

function take(frame: DeskIn): void {
  switch (frame.t) {
    case 'state':
      state.value = frame;
      follow(frame.engagements);
      forget(frame);
      break;
    case 'message':
      change(frame.contact, (conversation) => heard(conversation, frame));
      if (frame.from === 'citizen') setTyping(frame.contact, 0);
      break;
    case 'typing':
      setTyping(frame.contact, serverNow());
      break;
    case 'said':
      change(frame.contact, (conversation) => confirmed(conversation, frame.id, frame.seq));
      break;
    case 'refused':
      refusal.value = frame[language.value];
      break;
  }
}

function setTyping(contact: string, at: number): void {
  typing.value = new Map(typing.value).set(contact, at);
}

function forget(frame: DeskState): void {
  const open = new Set(frame.engagements.map((one) => one.contact));
  if ([...conversations.value.keys()].some((contact) => !open.has(contact))) {
    conversations.value = new Map([...conversations.value].filter(([contact]) => open.has(contact)));
  }
}

export function sayTo(contact: string, text: string): void {
  const id = ulid();
  change(contact, (conversation) => written(conversation, 'agent', id, text, serverNow()));
  send({ t: 'say', contact, id, text });
}

export function markRead(contact: string): void {
  change(contact, read);
}

export function setPresence(presence: Presence): void {
  refusal.value = null;
  send({ t: 'presence', presence });
}

/** What follows the last contact; null to stay. */
export function setLeaving(then: Presence | null): void {
  refusal.value = null;
  send({ t: 'leaving', then });
}

/** Puts the next of our contacts on screen. */
export function showNext(): void {
  const list = ours.value;
  const at = list.findIndex((one) => one.contact === shown.value?.contact);
  chosen.value = list[(at + 1) % list.length]?.contact ?? null;
}
