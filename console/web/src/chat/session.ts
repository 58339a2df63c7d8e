// One chat as the citizen's page knows it: frames in, state out. Pure; the page draws it and owns
// the socket.

import type { chat as words } from '../messages/chat.sw';
import { confirmed, dropped, EMPTY, heard, written, type Conversation } from '../parts/conversation';
import type { Side } from '../parts/protocol';

/** Why the server did not take a frame. */
export type NotTaken = 'empty' | 'too_long' | 'slow_down' | 'not_stored' | 'full' | 'misplaced';

export type In =
  | { t: 'opened'; conv: string; token: string }
  | { t: 'resumed'; seq: number }
  | { t: 'ack'; id: string; seq: number; at: string }
  | { t: 'msg'; seq: number; id?: string; from: Side; name?: string; text: string; at: string }
  | { t: 'typing' }
  | { t: 'read'; upto: number }
  | { t: 'queue'; position: number; ewt_s: number | null }
  | { t: 'agent'; name: string }
  | { t: 'idle'; ends_in_s: number }
  | { t: 'end' }
  | { t: 'error'; code: NotTaken; id?: string };

export interface Opening { language: string | null; confidential: boolean; phone: string | null; entry: string }
export type Out =
  | ({ t: 'open' } & Opening)
  | { t: 'resume'; conv: string; token: string; after_seq: number }
  | { t: 'msg'; id: string; text: string }
  | { t: 'read'; upto: number }
  | { t: 'typing' | 'end' };

export interface Ticket { conv: string; token: string }

/**
 * `asking`: the form; `joining`: sent, no answer yet; `open`: the conversation; `ended`: over;
 * `elsewhere`: it goes on in another window.
 */
export type Phase = 'asking' | 'joining' | 'open' | 'ended' | 'elsewhere';

export interface Chat {
  phase: Phase;
  ticket: Ticket | null;
  conversation: Conversation;
  queue: { position: number; minutes: number | null } | null;
  agent: string | null;
  /** When the other side last typed. */
  typing: number;
  /** Minutes of silence after which the server ends the conversation, once it has warned. */
  idle: number | null;
  /** What was refused last, as one of the page's words. */
  refused: keyof typeof words | null;
}

export const START: Chat = { phase: 'asking', ticket: null, conversation: EMPTY, queue: null, agent: null, typing: 0, idle: null, refused: null };

const WORDS: Record<NotTaken, keyof typeof words | null> = {
  empty: null, too_long: 'refused_too_long', slow_down: 'refused_slow_down', not_stored: 'refused_not_stored', full: 'refused_full', misplaced: null,
};

/** Lines refused for these are sent again as they are; the others never will be taken. */
const AGAIN: readonly NotTaken[] = ['slow_down', 'not_stored'];

/** The highest number received, from which a resume goes on. */
export function lastSeq(chat: Chat): number {
  return chat.conversation.lines.reduce((most, line) => Math.max(most, line.seq ?? 0), 0);
}

/** What the page was told. */
export function told(chat: Chat, frame: In, now: number): Chat {
  switch (frame.t) {
    case 'opened':
      return { ...chat, phase: 'open', ticket: { conv: frame.conv, token: frame.token }, refused: null };
    case 'resumed':
      return { ...chat, phase: 'open', refused: null };
    case 'ack':
      return { ...chat, idle: null, conversation: confirmed(chat.conversation, frame.id, frame.seq) };
    case 'msg':
      return message(chat, frame);
    case 'typing':
      return { ...chat, typing: now };
    case 'read':
      return chat;
    case 'queue':
      return { ...chat, queue: { position: frame.position, minutes: frame.ewt_s === null ? null : Math.round(frame.ewt_s / 60) } };
    case 'agent':
      return { ...chat, agent: frame.name, queue: null };
    case 'end':
      return { ...chat, phase: 'ended', ticket: null, queue: null, typing: 0, idle: null };
    case 'idle':
      return { ...chat, idle: Math.max(1, Math.round(frame.ends_in_s / 60)) };
    case 'error':
      return notTaken(chat, frame.code, frame.id ?? null);
  }
}

/** A line of ours that comes back (after a reload, or a lost acknowledgement) is confirmed by it. */
function message(chat: Chat, frame: In & { t: 'msg' }): Chat {
  const at = Date.parse(frame.at);
  const own = frame.id !== undefined && chat.conversation.lines.some((line) => line.id === frame.id);
  const conversation = own ? confirmed(chat.conversation, frame.id ?? '', frame.seq) : heard(chat.conversation, { ...frame, at });
  return { ...chat, conversation, idle: null, typing: frame.from === 'citizen' ? chat.typing : 0 };
}

function notTaken(chat: Chat, code: NotTaken, id: string | null): Chat {
  const lost = id !== null && !AGAIN.includes(code);
  return { ...chat, refused: WORDS[code], conversation: lost ? dropped(chat.conversation, id) : chat.conversation };
}

/** Whether lines without a number are to be sent again in a moment. */
export function sendAgain(frame: In): boolean {
  return frame.t === 'error' && AGAIN.includes(frame.code);
}

/** The connection was closed with this code (4000 and above are the chat's own). Says whether to come back. */
export function closed(chat: Chat, code: number): { chat: Chat; back: boolean } {
  switch (code) {
    case 1000:
      return { chat: told(chat, { t: 'end' }, 0), back: false };
    case 4404: {
      // What was said stays on the screen if there is any; else there is nothing but the form.
      const seen = chat.conversation.lines.length > 0;
      return { chat: seen ? told(chat, { t: 'end' }, 0) : { ...START, refused: 'refused_gone' }, back: false };
    }
    case 4409:
      return { chat: { ...chat, phase: 'elsewhere' }, back: false };
    case 4400:
      // A frame of ours was wrong: the same opening would be refused again.
      return chat.phase === 'joining' && !chat.ticket ? { chat: { ...START, refused: 'refused_opening' }, back: false } : { chat, back: true };
    case 4429:
    case 4503:
      return { chat: { ...chat, refused: 'refused_busy' }, back: true };
    default:
      return { chat, back: true };
  }
}

export function say(chat: Chat, id: string, text: string, now: number): Chat {
  return { ...chat, refused: null, conversation: written(chat.conversation, 'citizen', id, text, now) };
}

/** A phone number as people in Kenya write it, with or without the country code; empty is allowed. */
export function phoneIsRight(text: string): boolean {
  const digits = text.replace(/[\s()-]/g, '');
  return digits === '' || /^(?:\+?254|0)[17]\d{8}$/.test(digits) || /^\+(?!254)\d{8,15}$/.test(digits);
}
