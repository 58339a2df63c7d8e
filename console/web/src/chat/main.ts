// The citizen's chat. Plain TypeScript, small enough for a slow phone; the page's words and places
// are in chat.html, so that the exit link and the emergency numbers are there before this runs.

import { chat as en } from '../messages/chat.en';
import { chat as sw } from '../messages/chat.sw';
import { unconfirmed } from '../parts/conversation';
import { readyToLeave } from '../parts/exit';
import { recall, remember } from '../parts/memory';
import { LiveSocket, type Link } from '../parts/socket';
import { lookup, type Language } from '../parts/texts';
import { ulid } from '../parts/ulid';
import { draw } from './draw';
import { closed, lastSeq, phoneIsRight, say, sendAgain, START, told, type Chat, type In, type Opening, type Out, type Ticket } from './session';

const TICKET = 'hctc.chat';
/** The server drops what comes within 3 s of the last; half a second more for the network's jitter. */
const TYPING_EVERY = 3500;
const END_SURE_WITHIN = 4000;
/** A burst above this is cut by the composer; the server has its own limit. */
const LONGEST = 2000;
/** After a line was refused for now. */
const AGAIN_AFTER = 3000;

let language: Language = recall('tab', 'hctc.language') === 'en' ? 'en' : 'sw';
const t = lookup({ sw, en }, () => language);

let chat: Chat = START;
let link: Link = 'connecting';
let socket: LiveSocket<In, Out> | null = null;
let opening: Opening | null = null;
let readTo = 0;
let typedAt = 0;
let endAskedAt = 0;

function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page lacks #${id}`);
  return found as T;
}

function show(): void {
  draw({ chat, link, language, t, now: Date.now() });
}

function restore(): Ticket | null {
  try {
    const kept = JSON.parse(recall('tab', TICKET) ?? 'null') as Partial<Ticket> | null;
    return kept?.conv && kept.token ? { conv: kept.conv, token: kept.token } : null;
  } catch {
    return null;
  }
}

function connect(): void {
  socket ??= new LiveSocket<In, Out>('/chat/ws', { frame: take, link: linked, closed: left });
}

function linked(next: Link): void {
  link = next;
  if (next === 'open') {
    if (chat.ticket) socket?.send({ t: 'resume', ...chat.ticket, after_seq: lastSeq(chat) });
    else if (opening) socket?.send({ t: 'open', ...opening });
  }
  show();
}

function take(frame: In): void {
  chat = told(chat, frame, Date.now());
  if (frame.t === 'opened' && chat.ticket) remember('tab', TICKET, JSON.stringify(chat.ticket));
  if (frame.t === 'opened' || frame.t === 'resumed') repeat();
  if (sendAgain(frame)) setTimeout(repeat, AGAIN_AFTER);
  if (chat.phase === 'ended') hangUp();
  read();
  show();
}

/** Sends what has no number yet; an id the server knows already is only acknowledged again. */
function repeat(): void {
  for (const { id, text } of unconfirmed(chat.conversation)) socket?.send({ t: 'msg', id, text });
}

function left(code: number): boolean {
  const next = closed(chat, code);
  chat = next.chat;
  if (!next.back) {
    if (chat.phase !== 'elsewhere') remember('tab', TICKET, null);
    opening = null;
    socket = null;
  }
  show();
  return next.back;
}

function hangUp(): void {
  remember('tab', TICKET, null);
  opening = null;
  socket?.close();
  socket = null;
}

function read(): void {
  const last = lastSeq(chat);
  if (document.hidden || last <= readTo || chat.phase !== 'open') return;
  if (socket?.send({ t: 'read', upto: last })) readTo = last;
}

function begin(form: HTMLFormElement): void {
  const data = new FormData(form);
  const text = (name: string): string => String(data.get(name) ?? '').trim();
  const confidential = data.get('confidential') !== null;
  const phone = confidential ? '' : text('phone');
  const wrong = !phoneIsRight(phone);
  element('phone-wrong').hidden = !wrong;
  element<HTMLInputElement>('phone').setAttribute('aria-invalid', String(wrong));
  if (wrong) {
    element<HTMLInputElement>('phone').focus();
    return;
  }
  setLanguage(data.get('language') === 'en' ? 'en' : 'sw');
  opening = { language, confidential, phone: phone === '' ? null : phone, entry: 'web_chat' };
  readTo = 0;
  chat = { ...START, phase: 'joining' };
  form.reset();
  connect();
  show();
  element('write').focus();
}

function submit(): void {
  const box = element<HTMLTextAreaElement>('write');
  const text = box.value.trim();
  if (text === '' || text.length > LONGEST || chat.phase !== 'open') return;
  const id = ulid();
  chat = say(chat, id, text, Date.now());
  socket?.send({ t: 'msg', id, text });
  box.value = '';
  show();
}

function typed(): void {
  const box = element<HTMLTextAreaElement>('write');
  const over = box.value.length - LONGEST;
  const warning = element('too-long');
  warning.hidden = over <= 0;
  warning.textContent = over > 0 ? t('too_long', { n: over }) : '';
  if (box.value !== '' && chat.phase === 'open' && Date.now() - typedAt > TYPING_EVERY) {
    typedAt = Date.now();
    socket?.send({ t: 'typing' });
  }
}

/** Ending asks for a second press, so that a thumb does not lose someone their place. */
function end(button: HTMLButtonElement): void {
  if (Date.now() - endAskedAt > END_SURE_WITHIN) {
    endAskedAt = Date.now();
    button.textContent = t('end_sure');
    setTimeout(() => (button.textContent = t('end')), END_SURE_WITHIN);
    return;
  }
  button.textContent = t('end');
  socket?.send({ t: 'end' });
  chat = told(chat, { t: 'end' }, Date.now());
  // The frame above leaves before the close: a WebSocket sends in order.
  hangUp();
  show();
  element('again').focus();
}

function setLanguage(next: Language): void {
  language = next;
  remember('tab', 'hctc.language', next);
  document.documentElement.lang = next;
  document.title = t('tab');
  for (const one of document.querySelectorAll<HTMLElement>('[data-t]')) one.textContent = t(one.dataset['t'] as keyof typeof sw);
  for (const one of document.querySelectorAll<HTMLElement>('[data-t-label]')) one.setAttribute('aria-label', t(one.dataset['tLabel'] as keyof typeof sw));
  element<HTMLTextAreaElement>('write').placeholder = t('write');
  const other = element('other-language');
  other.lang = next === 'sw' ? 'en' : 'sw';
  element<HTMLInputElement>(`language-${next}`).checked = true;
  show();
}

function setTheme(theme: string | null): void {
  if (theme !== 'light' && theme !== 'dark') return;
  document.documentElement.dataset['theme'] = theme;
  remember('tab', 'hctc.theme', theme);
}

function switchTheme(): void {
  const now = document.documentElement.dataset['theme'] ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  setTheme(now === 'dark' ? 'light' : 'dark');
}

function wire(): void {
  readyToLeave(document.querySelector('a.exit'), () => {
    socket?.close();
    chat = START;
  });
  element('other-language').addEventListener('click', () => setLanguage(language === 'sw' ? 'en' : 'sw'));
  element('theme').addEventListener('click', switchTheme);
  const form = element<HTMLFormElement>('ask');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    begin(form);
  });
  for (const name of ['sw', 'en'] as const) element(`language-${name}`).addEventListener('change', () => setLanguage(name));
  element<HTMLInputElement>('confidential').addEventListener('change', (event) => {
    element('about-you').hidden = (event.currentTarget as HTMLInputElement).checked;
  });
  const box = element<HTMLTextAreaElement>('write');
  box.addEventListener('input', typed);
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  element('composer').addEventListener('submit', (event) => {
    event.preventDefault();
    submit();
  });
  const ending = element<HTMLButtonElement>('end');
  ending.addEventListener('click', () => end(ending));
  element('again').addEventListener('click', () => {
    chat = START;
    show();
    element('confidential').focus();
  });
  document.addEventListener('visibilitychange', read);
  // Typing notices and the clock of a lost connection fade without a frame.
  setInterval(show, 2000);
}

setTheme(recall('tab', 'hctc.theme'));
wire();
const ticket = restore();
if (ticket) {
  chat = { ...START, phase: 'joining', ticket };
  connect();
}
setLanguage(language);
