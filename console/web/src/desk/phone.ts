// The agent's leg in this browser: a SIP log-in for the page, legs by contact, mute and keys. Which
// leg is answered by itself is settle.ts's decision; what a contact is, the server's.

import { effect, signal } from '@preact/signals';
import type { UA } from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { IncomingRTCSessionEvent, OutgoingRTCSessionEvent } from 'jssip/lib/UA';
import { request } from '../parts/api';
import { backoff } from '../parts/backoff';
import { callStream, mic, outputId } from '../parts/microphone';
import type { Device, Engagement } from '../parts/protocol';
import { isVoice } from '../parts/protocol';
import { PEER, playRemote, sendKey, userAgent, useOutput } from '../parts/sip';
import { chosen, dialog, engagements, link, refusal, send } from './store';
import { answersNow, liveCall } from './settle';
import { t } from './text';

export type Phone = 'off' | 'joining' | 'on';
export type Leg = 'ringing' | 'answering' | 'up';

export const phone = signal<Phone>('off');
export const legs = signal<ReadonlyMap<string, Leg>>(new Map());
export const muted = signal(false);
export const soundBlocked = signal(false);
export const keysSent = signal('');

const sessions = new Map<string, RTCSession>();
/** Offers the person pressed Answer on before their leg rang. */
const wanted = signal<ReadonlySet<string>>(new Set());
/** Contacts whose ringing leg was seen as an offer. */
const asOffer = new Set<string>();
const speaker = new Audio();
let agent: UA | null = null;
let attempt = 0;

/** Joins once the microphone is open: a phone that cannot speak must not be rung. */
export function startPhone(): void {
  effect(() => {
    if (mic.value === 'on' && agent === null && phone.peek() === 'off') void join();
  });
  effect(() => {
    // A contact that left and is offered again must be answered by the person again.
    const open = new Set(engagements.value.map((one) => one.contact));
    for (const contact of wanted.peek()) if (!open.has(contact)) want(contact, false);
    for (const contact of open) settle(contact);
  });
  effect(() => {
    if (outputId.value !== '') void useOutput(speaker);
  });
}

async function join(): Promise<void> {
  phone.value = 'joining';
  try {
    const device = await request<Device>('POST', '/api/desk/device');
    agent = userAgent(device, true);
  } catch {
    retry();
    return;
  }
  agent.on('registered', () => {
    attempt = 0;
    phone.value = 'on';
  });
  agent.on('disconnected', () => (phone.value = 'joining'));
  agent.on('unregistered', () => (phone.value = 'joining'));
  // The log-in ran out or was taken back: a new one is asked for.
  agent.on('registrationFailed', retry);
  agent.on('newRTCSession', (event: IncomingRTCSessionEvent | OutgoingRTCSessionEvent) => {
    if (String(event.originator) === 'remote') arrive(event.session, (event as IncomingRTCSessionEvent).request.getHeader('X-Contact') ?? '');
  });
  agent.start();
}

function retry(): void {
  agent?.stop();
  agent = null;
  phone.value = 'joining';
  setTimeout(() => void join(), backoff(attempt, Math.random()));
  attempt += 1;
}

function want(contact: string, on: boolean): void {
  if (wanted.peek().has(contact) === on) return;
  const next = new Set(wanted.peek());
  if (on) next.add(contact);
  else next.delete(contact);
  wanted.value = next;
}

function setLeg(contact: string, leg: Leg | null): void {
  const next = new Map(legs.value);
  if (leg) next.set(contact, leg);
  else next.delete(contact);
  legs.value = next;
}

function arrive(session: RTCSession, contact: string): void {
  if (contact === '') {
    session.terminate({ status_code: 400 });
    return;
  }
  sessions.set(contact, session);
  playRemote(session, speaker, (is) => (soundBlocked.value = is));
  const over = (): void => {
    if (sessions.get(contact) !== session) return;
    sessions.delete(contact);
    asOffer.delete(contact);
    want(contact, false);
    setLeg(contact, null);
    speaker.srcObject = null;
    muted.value = false;
    keysSent.value = '';
  };
  session.on('ended', over);
  session.on('failed', over);
  session.on('accepted', () => setLeg(contact, 'up'));
  setLeg(contact, 'ringing');
  settle(contact);
}

function settle(contact: string): void {
  if (legs.peek().get(contact) !== 'ringing') return;
  const engagement = engagements.peek().find((one) => one.contact === contact);
  if (engagement?.state === 'offered') asOffer.add(contact);
  if (answersNow(engagement, wanted.peek().has(contact), asOffer.has(contact))) void pickUp(contact);
}

async function pickUp(contact: string): Promise<void> {
  const session = sessions.get(contact);
  if (!session) return;
  setLeg(contact, 'answering');
  const stream = await callStream();
  if (!stream || session.isEnded()) {
    if (!stream) dialog.value = 'sound';
    if (!session.isEnded()) setLeg(contact, 'ringing');
    want(contact, false);
    stream?.getTracks().forEach((track) => track.stop());
    return;
  }
  const stop = (): void => stream.getTracks().forEach((track) => track.stop());
  session.on('ended', stop);
  session.on('failed', stop);
  session.answer({ mediaStream: stream, pcConfig: PEER });
}

/** The person takes an offer. */
export function take(engagement: Engagement): void {
  refusal.value = null;
  chosen.value = engagement.contact;
  if (!isVoice(engagement.channel)) {
    send({ t: 'accept', contact: engagement.contact, offer: engagement.offer });
    return;
  }
  want(engagement.contact, true);
  settle(engagement.contact);
}

export function decline(engagement: Engagement): void {
  want(engagement.contact, false);
  send({ t: 'decline', contact: engagement.contact, offer: engagement.offer });
}

/** Whether Answer was pressed and the leg is on its way. */
export function taking(contact: string): boolean {
  return wanted.value.has(contact) || legs.value.get(contact) === 'answering';
}

export function toggleMute(): void {
  const call = liveCall(engagements.value);
  const session = call && sessions.get(call.contact);
  if (!session) return;
  muted.value = !muted.value;
  if (muted.value) session.mute({ audio: true });
  else session.unmute({ audio: true });
}

export function toggleHold(): void {
  const call = liveCall(engagements.value);
  if (call) send({ t: 'hold', contact: call.contact, on: call.state !== 'held' });
}

/** Ends a contact; without the server's ear, at least our leg. */
export function hangUp(contact: string): void {
  if (link.value !== 'open' || !send({ t: 'hang_up', contact })) sessions.get(contact)?.terminate();
}

export function press(key: string): void {
  const call = liveCall(engagements.value);
  const session = call && sessions.get(call.contact);
  if (!session?.isEstablished()) return;
  sendKey(session, key);
  keysSent.value = (keysSent.value + key).slice(-24);
}

/** The person allowed the sound the browser held back. */
export function hear(): void {
  speaker.play().then(() => (soundBlocked.value = false), () => (refusal.value = t('blocked_sound')));
}
