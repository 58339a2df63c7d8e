// The microphone and the loudspeaker of the page. One stream is kept open, because asking for it
// at the moment of answering costs up to seconds (GATEWAY: most of the set-up time is there).

import { signal } from '@preact/signals';
import { recall, remember } from './memory';

export type MicState = 'off' | 'asking' | 'on' | 'denied' | 'missing' | 'busy' | 'insecure';

export const mic = signal<MicState>('off');
export const inputs = signal<readonly MediaDeviceInfo[]>([]);
export const outputs = signal<readonly MediaDeviceInfo[]>([]);
export const inputId = signal(recall('device', 'hctc.mic') ?? '');
export const outputId = signal(recall('device', 'hctc.speaker') ?? '');

let stream: MediaStream | null = null;

/** Why the browser gave no microphone. */
export function micFailure(error: unknown): MicState {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'missing';
  return 'busy';
}

/** Opens the microphone, or gives the one that is open. `null` when the browser refuses; `mic` says why. */
export async function openMicrophone(): Promise<MediaStream | null> {
  if (stream?.getAudioTracks().some((track) => track.readyState === 'live')) return stream;
  if (!navigator.mediaDevices) {
    mic.value = 'insecure';
    return null;
  }
  mic.value = 'asking';
  try {
    stream = await ask(inputId.value);
  } catch (error) {
    mic.value = micFailure(error);
    return null;
  }
  stream.getAudioTracks()[0]?.addEventListener('ended', () => (mic.value = 'off'));
  mic.value = 'on';
  await listDevices();
  return stream;
}

async function ask(device: string): Promise<MediaStream> {
  const audio: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  if (device === '') return navigator.mediaDevices.getUserMedia({ audio });
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: { ...audio, deviceId: { exact: device } } });
  } catch (error) {
    // The headset chosen yesterday is unplugged: any microphone is better than none.
    if (micFailure(error) === 'missing') return navigator.mediaDevices.getUserMedia({ audio });
    throw error;
  }
}

/** A stream for one call: muting or ending it leaves the kept one alone. */
export async function callStream(): Promise<MediaStream | null> {
  const open = await openMicrophone();
  return open ? open.clone() : null;
}

async function listDevices(): Promise<void> {
  const all = await navigator.mediaDevices.enumerateDevices();
  inputs.value = all.filter((device) => device.kind === 'audioinput');
  outputs.value = all.filter((device) => device.kind === 'audiooutput');
}

export async function chooseInput(id: string): Promise<void> {
  inputId.value = id;
  remember('device', 'hctc.mic', id);
  closeMicrophone();
  await openMicrophone();
}

export function chooseOutput(id: string): void {
  outputId.value = id;
  remember('device', 'hctc.speaker', id);
}

export function closeMicrophone(): void {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  mic.value = 'off';
}

/** Opens it without asking anyone when permission was given before. */
export async function openIfAllowed(): Promise<void> {
  try {
    const permission = await navigator.permissions.query({ name: 'microphone' as PermissionName });
    if (permission.state === 'granted') await openMicrophone();
  } catch {
    // A browser without this query asks when the person presses the button.
  }
}

/** Calls back with the loudness (0 to 1) about 20 times a second until the returned stop is called. */
export function meter(from: MediaStream, report: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  context.createMediaStreamSource(from).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    // -60 dB to 0 dB becomes 0 to 1: ears are logarithmic.
    report(Math.min(1, Math.max(0, 1 + Math.log10(Math.max(power, 1e-12)) / 6)));
  }, 50);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}
