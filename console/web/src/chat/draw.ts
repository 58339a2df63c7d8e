// Puts the state of a chat on the page. It only ever adds text nodes: what people write is never
// read as markup.

import type { chat as words } from '../messages/chat.sw';
import type { Line } from '../parts/conversation';
import type { Link } from '../parts/socket';
import type { Language, Values } from '../parts/texts';
import { hour } from '../parts/time';
import type { Chat } from './session';

export interface Drawn {
  chat: Chat;
  link: Link;
  language: Language;
  t(key: keyof typeof words, values?: Values): string;
  now: number;
}

const TYPING_LASTS = 6000;

function byId(id: string): HTMLElement | null {
  return document.getElementById(id);
}

/** Writes only what differs, so that live regions speak once. */
function put(id: string, text: string): void {
  const at = byId(id);
  if (!at) return;
  if (at.textContent !== text) at.textContent = text;
  at.hidden = text === '';
}

export function draw(drawn: Drawn): void {
  const { chat } = drawn;
  const asking = chat.phase === 'asking';
  const ask = byId('ask');
  const talk = byId('talk');
  if (!ask || !talk) return;
  ask.hidden = !asking;
  talk.hidden = asking;
  put('refused-ask', asking && chat.refused ? drawn.t(chat.refused) : '');
  put('refused-talk', !asking && chat.refused ? drawn.t(chat.refused) : '');
  put('status', statusOf(drawn));
  put('typing', drawn.now - chat.typing < TYPING_LASTS ? drawn.t('typing') : '');
  lines(drawn);
  const over = chat.phase === 'ended';
  const gone = over || chat.phase === 'elsewhere';
  for (const [id, hide] of [['composer', gone], ['end', gone], ['over', !over]] as const) {
    const at = byId(id);
    if (at) at.hidden = hide;
  }
  const send = byId('send') as HTMLButtonElement | null;
  if (send) send.disabled = chat.phase !== 'open';
}

function statusOf({ chat, link, t }: Drawn): string {
  if (chat.phase === 'asking' || chat.phase === 'ended') return '';
  if (chat.phase === 'elsewhere') return t('elsewhere');
  if (link === 'lost') return t('reconnecting');
  if (chat.phase === 'joining') return t('connecting');
  if (chat.idle !== null) return t('idle', { n: chat.idle });
  if (chat.agent !== null) return t('with', { name: chat.agent });
  const parts: string[] = [];
  if (chat.queue) parts.push(t('position', { n: chat.queue.position }));
  if (chat.queue?.minutes != null) parts.push(chat.queue.minutes < 1 ? t('wait_short') : t('wait', { n: chat.queue.minutes }));
  return parts.join(' ');
}

function keyOf(line: Line): string {
  return line.id ?? `s${line.seq}`;
}

function lines(drawn: Drawn): void {
  const list = byId('lines');
  const log = byId('log');
  if (!list || !log) return;
  const wanted = drawn.chat.conversation.lines;
  const there = new Map([...list.children].map((child) => [(child as HTMLElement).dataset['key'] ?? '', child as HTMLElement]));
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  let before: Element | null = list.firstElementChild;
  for (const line of wanted) {
    const key = keyOf(line);
    const item = there.get(key) ?? made(line, key);
    there.delete(key);
    if (item !== before) list.insertBefore(item, before);
    else before = before.nextElementSibling;
    const small = item.lastElementChild;
    const note = describe(line, drawn);
    if (small && small.textContent !== note) small.textContent = note;
  }
  for (const gone of there.values()) gone.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

function made(line: Line, key: string): HTMLElement {
  const item = document.createElement('li');
  item.dataset['key'] = key;
  item.className = `line ${line.from}`;
  const text = document.createElement('p');
  text.className = 'text';
  text.textContent = line.text;
  const small = document.createElement('p');
  small.className = 'muted small';
  item.append(text, small);
  return item;
}

function describe(line: Line, { chat, t, language }: Drawn): string {
  const who = line.from === 'citizen' ? t('you') : line.from === 'agent' ? (chat.agent ?? t('agent')) : t('centre');
  if (line.seq === null) return `${who} · ${t('sending')}`;
  return `${who} · ${hour(line.at, language)}`;
}
