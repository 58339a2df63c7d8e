// The bits of JsSIP that the desk and the citizen's call page share.

import { UA, WebSocketInterface } from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import { outputId } from './microphone';

export interface SipLogIn { user: string; secret: string; uri: string; ws: string }

/** A user agent for one log-in. The server is ICE-lite and reached directly, so no STUN is asked. */
export function userAgent(logIn: SipLogIn, register: boolean): UA {
  const url = new URL(logIn.ws, location.href);
  url.protocol = url.protocol === 'https:' || url.protocol === 'wss:' ? 'wss:' : 'ws:';
  return new UA({
    sockets: [new WebSocketInterface(url.href)],
    uri: logIn.uri,
    authorization_user: logIn.user,
    password: logIn.secret,
    register,
    register_expires: 120,
    session_timers: false,
    connection_recovery_min_interval: 1,
    connection_recovery_max_interval: 10,
    no_answer_timeout: 120,
  });
}

export const PEER: RTCConfiguration = { iceServers: [] };

/**
 * Sends a key as RFC 4733 telephone-event; as SIP INFO in the moments before media is up, so that
 * not even the first key (it may be 9) is lost.
 */
export function sendKey(session: RTCSession, key: string): void {
  const sender = session.connection.getSenders().find((one) => one.track?.kind === 'audio');
  const transportType = sender?.dtmf?.canInsertDTMF ? 'RFC2833' : 'INFO';
  // JsSIP's own names, which its types keep in an enum that exists only as a type.
  session.sendDTMF(key, { duration: 160, interToneGap: 100, transportType: transportType as never });
}

/** Plays what comes in; reports when the browser wants a press of the person first. */
export function playRemote(session: RTCSession, speaker: HTMLAudioElement, blocked: (is: boolean) => void): void {
  session.on('peerconnection', ({ peerconnection }) => {
    peerconnection.addEventListener('track', (event) => {
      speaker.srcObject = event.streams[0] ?? new MediaStream([event.track]);
      void useOutput(speaker);
      speaker.play().then(() => blocked(false), () => blocked(true));
    });
  });
  // The server finds our address by itself (peer reflexive), so the first candidate is enough:
  // waiting for all of them would cost each answer a tenth of a second or more.
  session.on('icecandidate', (event) => event.ready());
}

/** Sends an element's sound to the chosen loudspeaker, where the browser can. */
export async function useOutput(element: HTMLAudioElement): Promise<void> {
  try {
    await element.setSinkId?.(outputId.value);
  } catch {
    // Unplugged since: the default loudspeaker plays.
  }
}
