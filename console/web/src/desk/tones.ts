// Sounds the desk makes itself: the ring of an offer, the test tone; and the flash of the title.

import { effect, signal } from '@preact/signals';
import { recall, remember } from '../parts/memory';
import { outputId } from '../parts/microphone';
import { taking } from './phone';
import { offers } from './store';
import { t } from './text';

export const ringVolume = signal(Number(recall('device', 'hctc.ring') ?? '0.6'));

export function setRingVolume(volume: number): void {
  ringVolume.value = volume;
  remember('device', 'hctc.ring', String(volume));
}

let context: AudioContext | null = null;

async function audio(): Promise<AudioContext> {
  context ??= new AudioContext();
  if (context.state === 'suspended') await context.resume().catch(() => undefined);
  const chooser = context as AudioContext & { setSinkId?(id: string): Promise<void> };
  await chooser.setSinkId?.(outputId.value).catch(() => undefined);
  return context;
}

/** One burst of tones, softened at both ends so that headsets do not click. */
async function burst(frequencies: readonly number[], seconds: number, volume: number): Promise<void> {
  const on = await audio();
  const gain = on.createGain();
  const start = on.currentTime;
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime((volume * 0.4) / frequencies.length, start + 0.03);
  gain.gain.setValueAtTime((volume * 0.4) / frequencies.length, start + seconds - 0.05);
  gain.gain.linearRampToValueAtTime(0, start + seconds);
  gain.connect(on.destination);
  for (const frequency of frequencies) {
    const tone = on.createOscillator();
    tone.frequency.value = frequency;
    tone.connect(gain);
    tone.start(start);
    tone.stop(start + seconds);
  }
}

export function testTone(): Promise<void> {
  return burst([523], 1, ringVolume.value);
}

let ringing = 0;
let flashing = 0;

/** Rings and flashes while an offer stands that nobody pressed Answer on. */
export function startTones(): void {
  const plain = (): string => `${t('title')} · HCTC`;
  effect(() => {
    const open = offers.value.filter((offer) => !taking(offer.contact));
    clearInterval(ringing);
    clearInterval(flashing);
    document.title = plain();
    if (open.length === 0) return;
    const urgent = open.some((offer) => offer.risk === 'P0' || offer.risk === 'P1');
    const ring = (): void => void burst(urgent ? [620, 780] : [440, 480], urgent ? 0.4 : 1, ringVolume.peek());
    ring();
    ringing = window.setInterval(ring, urgent ? 800 : 3000);
    let lit = false;
    flashing = window.setInterval(() => {
      lit = !lit;
      document.title = lit ? `● ${t('flash')}` : plain();
    }, 1000);
  });
}
