// The citizen's leg: one anonymous call to our own number. It owns the course of the call; what is
// heard in it is the centre's.

import { signal } from '@preact/signals';
import type { UA } from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import { request, RequestError } from '../parts/api';
import { callStream, closeMicrophone, mic } from '../parts/microphone';
import { PEER, playRemote, sendKey, userAgent } from '../parts/sip';

export type Stage = 'idle' | 'calling' | 'ringing' | 'connected' | 'ended';
export type Trouble = 'mic_denied' | 'mic_missing' | 'mic_busy' | 'mic_insecure' | 'busy' | 'failed';

export const stage = signal<Stage>('idle');
export const trouble = signal<Trouble | null>(null);
/** The server's own words for a refusal, in both languages at once when it gave any. */
export const refusal = signal<RequestError | null>(null);
export const connectedAt = signal(0);
export const muted = signal(false);
export const soundBlocked = signal(false);
export const pressed = signal('');

interface Ticket { token: string; user: string; secret: string; uri: string; ws: string; dial: string }

/** The entry point dialled: a centre with several numbers links to `/call?entry=name`. */
const ENTRY = new URLSearchParams(location.search).get('entry') ?? 'web_call';

const speaker = new Audio();
let agent: UA | null = null;
let session: RTCSession | null = null;
let microphone: MediaStream | null = null;

export async function dial(): Promise<void> {
  stage.value = 'calling';
  trouble.value = null;
  refusal.value = null;
  pressed.value = '';
  microphone = await callStream();
  if (!microphone) {
    const why = mic.value;
    over(why === 'denied' || why === 'missing' || why === 'insecure' ? `mic_${why}` : 'mic_busy');
    return;
  }
  try {
    place(await request<Ticket>('POST', '/api/citizen/call', { entry: ENTRY }));
  } catch (error) {
    if (error instanceof RequestError && error.status !== 0) refusal.value = error;
    over(error instanceof RequestError && error.status === 429 ? 'busy' : 'failed');
  }
}

function place(ticket: Ticket): void {
  // Hung up while the ticket was on its way.
  if (stage.peek() !== 'calling' || !microphone) return;
  const stream = microphone;
  agent = userAgent(ticket, false);
  let dialled = false;
  agent.on('connected', () => {
    if (dialled || !agent) return;
    dialled = true;
    session = agent.call(ticket.dial, { mediaStream: stream, pcConfig: PEER });
    follow(session);
  });
  agent.on('disconnected', () => {
    if (!dialled) over('failed');
  });
  agent.start();
}

function follow(call: RTCSession): void {
  playRemote(call, speaker, (is) => (soundBlocked.value = is));
  // An outgoing session has its connection already when we get to see it.
  call.connection?.addEventListener('track', (event) => {
    speaker.srcObject = event.streams[0] ?? new MediaStream([event.track]);
    speaker.play().then(() => (soundBlocked.value = false), () => (soundBlocked.value = true));
  });
  call.on('progress', () => {
    if (stage.peek() === 'calling') stage.value = 'ringing';
  });
  call.on('accepted', () => {
    connectedAt.value = Date.now();
    stage.value = 'connected';
  });
  call.on('ended', () => over(null));
  call.on('failed', (event) => {
    const answered = stage.peek() === 'connected';
    const ours = String(event.originator) === 'local';
    over(answered || ours ? null : event.cause === 'Busy' || event.cause === 'Unavailable' ? 'busy' : 'failed');
  });
}

function over(why: Trouble | null): void {
  stage.value = 'ended';
  trouble.value = why;
  stop();
}

function stop(): void {
  const [oldAgent, oldStream] = [agent, microphone];
  agent = null;
  session = null;
  microphone = null;
  oldStream?.getTracks().forEach((track) => track.stop());
  closeMicrophone();
  oldAgent?.stop();
  speaker.srcObject = null;
  muted.value = false;
  soundBlocked.value = false;
}

export function hangUp(): void {
  try {
    session?.terminate();
  } catch {
    // Already over: JsSIP throws for a session it has just ended.
  }
  over(null);
}

export function press(key: string): void {
  if (stage.value !== 'connected' || !session) return;
  sendKey(session, key);
  pressed.value = (pressed.value + key).slice(-20);
}

export function toggleMute(): void {
  if (!session) return;
  muted.value = !muted.value;
  if (muted.value) session.mute({ audio: true });
  else session.unmute({ audio: true });
}

export function hear(): void {
  speaker.play().then(() => (soundBlocked.value = false), () => undefined);
}
