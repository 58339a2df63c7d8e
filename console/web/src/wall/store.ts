// What the wall knows, and the sound of an alarm.

import { effect, signal } from '@preact/signals';
import * as en from '../messages/en';
import * as sw from '../messages/sw';
import { request, textOf } from '../parts/api';
import { whoAmI } from '../parts/login';
import { recall, remember } from '../parts/memory';
import type { Presence, Wall, WallAgent, WallQueue } from '../parts/protocol';
import { LiveSocket, type Link } from '../parts/socket';
import { lookup } from '../parts/texts';
import { currentLanguage, serverNow } from '../parts/ui';
import { alarmKeys } from './figures';
import { orderOf, type QueueAction } from './switches';

export const t = lookup({ sw: sw.wall, en: en.wall }, currentLanguage);

export const wall = signal<Wall | null>(null);
export const link = signal<Link>('connecting');
export const failure = signal<string | null>(null);
/** The agent whose presence is being set. */
export const picked = signal<WallAgent | null>(null);
/** What a supervisor is about to do to a queue, until they confirm it. */
export const asked = signal<{ queue: WallQueue; action: QueueAction } | null>(null);
/** What was done last, and when. */
export const done = signal<{ queue: WallQueue; action: QueueAction; at: number } | null>(null);
export const sound = signal(recall('device', 'hctc.alarm') !== 'off');

let started = false;
export function start(): void {
  if (started) return;
  started = true;
  new LiveSocket<Wall, never>('/api/wall/ws', {
    frame: (frame) => {
      if (frame.t === 'wall') wall.value = frame;
    },
    link: (next) => {
      link.value = next;
      if (next === 'lost') void whoAmI();
    },
  });
  ringForAlarms();
}

export function switchSound(): void {
  sound.value = !sound.value;
  remember('device', 'hctc.alarm', sound.value ? null : 'off');
}

export async function setPresence(agent: string, presence: Presence): Promise<void> {
  failure.value = null;
  try {
    await request('POST', '/api/wall/presence', { agent, presence });
    picked.value = null;
  } catch (error) {
    failure.value = textOf(error);
  }
}

/** Does what was asked for; a refusal stays with the question. */
export async function confirmAsked(): Promise<void> {
  const what = asked.peek();
  if (!what) return;
  failure.value = null;
  try {
    const { path, body } = orderOf(what.action, what.queue.queue);
    await request('POST', path, body);
    asked.value = null;
    done.value = { ...what, at: serverNow() };
  } catch (error) {
    failure.value = textOf(error);
  }
}

let known = new Set<string>();
function ringForAlarms(): void {
  effect(() => {
    const keys = alarmKeys(wall.value);
    const fresh = keys.some((key) => !known.has(key));
    known = new Set(keys);
    if (fresh && sound.peek()) chime();
  });
}

/** Three falling tones: unlike any phone. */
function chime(): void {
  const context = new AudioContext();
  [880, 660, 520].forEach((frequency, index) => {
    const tone = context.createOscillator();
    const gain = context.createGain();
    const start = context.currentTime + index * 0.22;
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(0.2, start + 0.02);
    gain.gain.linearRampToValueAtTime(0, start + 0.2);
    tone.frequency.value = frequency;
    tone.connect(gain).connect(context.destination);
    tone.start(start);
    tone.stop(start + 0.2);
    if (index === 2) tone.onended = () => void context.close();
  });
}
