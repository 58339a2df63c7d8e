// Keyboard shortcuts. All but `?` hold Alt, so that nothing fires while writing; the person can turn
// them off (WCAG 2.1.4). Codes, not letters: Alt changes letters on some keyboards.

import { signal } from '@preact/signals';
import type { desk } from '../messages/sw';
import { recall, remember } from '../parts/memory';
import { me } from '../parts/login';
import { isSafeguarding } from '../parts/protocol';
import { decline, hangUp, legs, take, toggleHold, toggleMute } from './phone';
import { mayGive } from './giving';
import { liveCall } from './settle';
import { dialog, engagements, offers, setPresence, showNext, shown } from './store';

export interface Shortcut { code: string; shown: string; does: keyof typeof desk; run(): void }

export const SHORTCUTS: readonly Shortcut[] = [
  { code: 'KeyA', shown: 'Alt+A', does: 'key_answer', run: () => firstOffer(take) },
  { code: 'KeyX', shown: 'Alt+X', does: 'key_decline', run: () => firstOffer(decline) },
  { code: 'KeyR', shown: 'Alt+R', does: 'key_ready', run: () => setPresence({ is: 'ready' }) },
  { code: 'KeyB', shown: 'Alt+B', does: 'key_away', run: () => setPresence({ is: 'away', reason: me.value?.away_reasons[0] ?? 'break' }) },
  { code: 'KeyM', shown: 'Alt+M', does: 'key_mute', run: toggleMute },
  { code: 'KeyH', shown: 'Alt+H', does: 'key_hold', run: toggleHold },
  { code: 'KeyU', shown: 'Alt+U', does: 'key_hang_up', run: () => onCall(hangUp) },
  { code: 'KeyC', shown: 'Alt+C', does: 'key_confidential', run: openConfidential },
  { code: 'KeyT', shown: 'Alt+T', does: 'key_transfer', run: openTransfer },
  { code: 'KeyN', shown: 'Alt+N', does: 'key_next', run: showNext },
];

const KEY = 'hctc.shortcuts';
export const shortcutsOn = signal(recall('device', KEY) !== 'off');

export function setShortcuts(on: boolean): void {
  shortcutsOn.value = on;
  remember('device', KEY, on ? null : 'off');
}

function firstOffer(run: (offer: (typeof offers.value)[number]) => void): void {
  // A ringing leg first: that is the one the person hears.
  const offer = offers.value.find((one) => legs.value.has(one.contact)) ?? offers.value[0];
  if (offer) run(offer);
}

function onCall(run: (contact: string) => void): void {
  const call = liveCall(engagements.value);
  if (call) run(call.contact);
}

function openConfidential(): void {
  const one = shown.value;
  if (one && one.state !== 'wrap_up' && !isSafeguarding(one.lane)) dialog.value = 'confidential';
}

function openTransfer(): void {
  if (dialog.value === null && mayGive(shown.value)) dialog.value = 'transfer';
}

function writing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

export function startKeys(): void {
  addEventListener('keydown', (event) => {
    if (!shortcutsOn.value || event.ctrlKey || event.metaKey || event.repeat) return;
    if (event.key === '?' && !event.altKey && !writing(event.target) && dialog.value === null) {
      event.preventDefault();
      dialog.value = 'help';
      return;
    }
    if (!event.altKey || event.shiftKey) return;
    const shortcut = SHORTCUTS.find((one) => one.code === event.code);
    if (!shortcut) return;
    event.preventDefault();
    shortcut.run();
  });
}
