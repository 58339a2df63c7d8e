// One contact's conversation as the desk and the citizen's chat show it. Pure: what was heard, said and confirmed comes
// in; a line has one place whatever the order of frames, and a resend never shows twice.

import type { Message, Side } from './protocol';

export interface Line {
  /** The server's number; `null` until it confirmed a line of ours. */
  seq: number | null;
  /** Our own id, for lines written here. */
  id: string | null;
  from: Side;
  text: string;
  at: number;
}

export interface Conversation {
  /** Confirmed lines by number, then unconfirmed ones in the order written. */
  lines: readonly Line[];
  /** The highest number that was on screen. */
  readUpTo: number;
}

export const EMPTY: Conversation = { lines: [], readUpTo: 0 };

function order(lines: readonly Line[]): Line[] {
  const confirmed = lines.filter((line) => line.seq !== null).sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
  return [...confirmed, ...lines.filter((line) => line.seq === null)];
}

/** A line from the server; one already there is left alone. */
export function heard(conversation: Conversation, message: Message): Conversation {
  if (conversation.lines.some((line) => line.seq === message.seq)) return conversation;
  const { seq, from, text, at } = message;
  return { ...conversation, lines: order([...conversation.lines, { seq, id: null, from, text, at }]) };
}

/** A line written here, not yet confirmed. */
export function written(conversation: Conversation, from: Side, id: string, text: string, at: number): Conversation {
  return { ...conversation, lines: [...conversation.lines, { seq: null, id, from, text, at }] };
}

/** The server gave our line its number; if the line came back as a message first, ours goes. */
export function confirmed(conversation: Conversation, id: string, seq: number): Conversation {
  const twice = conversation.lines.some((line) => line.seq === seq);
  const lines = twice
    ? conversation.lines.filter((line) => line.id !== id || line.seq !== null)
    : conversation.lines.map((line) => (line.id === id ? { ...line, seq } : line));
  return { ...conversation, lines: order(lines) };
}

/** A line of ours that the server will never take. */
export function dropped(conversation: Conversation, id: string): Conversation {
  return { ...conversation, lines: conversation.lines.filter((line) => line.id !== id || line.seq !== null) };
}

/** Everything so far was on screen. */
export function read(conversation: Conversation): Conversation {
  const last = conversation.lines.reduce((most, line) => Math.max(most, line.seq ?? 0), 0);
  return last === conversation.readUpTo ? conversation : { ...conversation, readUpTo: last };
}

/** How many lines of the citizen were not on screen yet. */
export function unread(conversation: Conversation): number {
  return conversation.lines.filter((line) => line.from === 'citizen' && (line.seq ?? 0) > conversation.readUpTo).length;
}

/** Lines of ours that must be sent again after a lost connection. */
export function unconfirmed(conversation: Conversation): { id: string; text: string }[] {
  return conversation.lines.flatMap((line) => (line.seq === null && line.id !== null ? [{ id: line.id, text: line.text }] : []));
}
