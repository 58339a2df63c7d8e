// One chat as the citizen's page knows it: frames in, state out. Pure; the page draws it and owns
// the socket.

import { confirmed, EMPTY, heard, written, type Conversation } from '../parts/conversation';
import type { Side } from '../parts/protocol';

export type In =
  | { t: 'opened'; conv: string; token: string }
  | { t: 'resumed'; seq: number }
  | { t: 'ack'; id: string; seq: number; at: number }
  | { t: 'msg'; seq: number; from: Side; text: string; at: number }
  | { t: 'typing' }
  | { t: 'queue'; position: number | null; ewt_s: number | null }
  | { t: 'agent'; name: string }
  | { t: 'end' }
  | { t: 'pong' }
  | { t: 'refused'; code: string; sw: string; en: string };

export interface Opening { language: string | null; confidential: boolean; name: string; phone: string; entry: string }
export type Out =
  | ({ t: 'open'; id: string } & Opening)
  | { t: 'resume'; conv: string; token: string; after_seq: number }
  | { t: 'msg'; id: string; text: string }
  | { t: 'read'; upto: number }
  | { t: 'typing' | 'end' | 'ping' };

export interface Ticket { conv: string; token: string }

/** `asking`: the form; `joining`: sent, no answer yet; `open`: the conversation; `ended`: over. */
export type Phase = 'asking' | 'joining' | 'open' | 'ended';

export interface Chat {
  phase: Phase;
  ticket: Ticket | null;
  conversation: Conversation;
  queue: { position: number | null; minutes: number | null } | null;
  agent: string | null;
  /** When the other side last typed. */
  typing: number;
  /** The last refusal, in both languages. */
  refused: { sw: string; en: string } | null;
}

export const START: Chat = { phase: 'asking', ticket: null, conversation: EMPTY, queue: null, agent: null, typing: 0, refused: null };

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
      return { ...chat, conversation: confirmed(chat.conversation, frame.id, frame.seq) };
    case 'msg':
      return { ...chat, conversation: heard(chat.conversation, frame), typing: frame.from === 'citizen' ? chat.typing : 0 };
    case 'typing':
      return { ...chat, typing: now };
    case 'queue':
      return { ...chat, queue: { position: frame.position, minutes: frame.ewt_s === null ? null : Math.round(frame.ewt_s / 60) } };
    case 'agent':
      return { ...chat, agent: frame.name, queue: null };
    case 'end':
      return { ...chat, phase: 'ended', ticket: null, queue: null, typing: 0 };
    case 'pong':
      return chat;
    case 'refused':
      return refused(chat, { sw: frame.sw, en: frame.en });
  }
}

/** A refused opening or resume goes back to the form; a refusal inside a conversation only shows. */
function refused(chat: Chat, why: { sw: string; en: string }): Chat {
  if (chat.phase === 'joining') return { ...START, refused: why };
  return { ...chat, refused: why };
}

export function say(chat: Chat, id: string, text: string, now: number): Chat {
  return { ...chat, refused: null, conversation: written(chat.conversation, 'citizen', id, text, now) };
}

/** A phone number as people in Kenya write it, with or without the country code; empty is allowed. */
export function phoneIsRight(text: string): boolean {
  const digits = text.replace(/[\s()-]/g, '');
  return digits === '' || /^(?:\+?254|0)[17]\d{8}$/.test(digits) || /^\+(?!254)\d{8,15}$/.test(digits);
}
