// Line drawings, each beside words or with a label on its button; never alone in meaning.

import type { VNode } from 'preact';

const PATHS = {
  phone: 'M5 4h4l2 5-2.5 1.500a11 11 0 0 0 5 5L15 13l5 2v4a1 1 0 0 1-1 1A15 15 0 0 1 4 5a1 1 0 0 1 1-1z',
  down: 'M3 14c5-5 13-5 18 0l-3 3-3.500-1.500v-3a10 10 0 0 0-5 0v3L6 17z',
  chat: 'M4 5h16v11H9l-5 4z',
  mic: 'M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM6 11a6 6 0 0 0 12 0M12 17v4',
  mic_off: 'M4 4l16 16M9 9v2a3 3 0 0 0 4.500 2.600M15 10V6a3 3 0 0 0-5.700-1.300M6 11a6 6 0 0 0 9.500 4.900M18 11c0 .8-.1 1.500-.4 2.200M12 17v4',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 5l12 7-12 7z',
  keys: 'M6 5h.01M12 5h.01M18 5h.01M6 11h.01M12 11h.01M18 11h.01M6 17h.01M12 17h.01M18 17h.01',
  shield: 'M12 3l8 3v6c0 5-3.500 8-8 9-4.500-1-8-4-8-9V6z',
  alert: 'M12 4l9 16H3zM12 10v4M12 17h.01',
  clock: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4l3 2',
  person: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 21a8 8 0 0 1 16 0',
  check: 'M5 12.500l4.500 4.500L19 7',
  close: 'M6 6l12 12M18 6L6 18',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5',
  sound: 'M4 9v6h4l5 4V5L8 9zM16 9a4 4 0 0 1 0 6M18.500 6.500a8 8 0 0 1 0 11',
  sound_off: 'M4 9v6h4l5 4V5L8 9zM16 9.500l5 5M21 9.500l-5 5',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.400 1.400M17.600 17.600L19 19M19 5l-1.400 1.400M6.400 17.600L5 19',
  moon: 'M20 14a8 8 0 1 1-10-10 7 7 0 0 0 10 10z',
  help: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.500 9.500a2.500 2.500 0 1 1 3.500 2.300c-.7.300-1 .8-1 1.700M12 16.500h.01',
  out: 'M10 4H5v16h5M14 8l4 4-4 4M18 12H9',
  record: 'M12 6a6 6 0 1 0 0 12 6 6 0 0 0 0-12z',
  send: 'M4 12L20 4l-5 16-3.500-6.500z',
  plus: 'M12 5v14M5 12h14',
  back: 'M14 6l-6 6 6 6',
  screen: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  transfer: 'M4 8h15l-4-4M20 16H5l4 4',
  later: 'M12 4a8 8 0 1 0 8 8M12 8v4l3 2M16 4h5l-5 5h5',
  more: 'M12 5h.01M12 12h.01M12 19h.01',
  deskphone: 'M4 9h16v10H4zM7 9V6h10v3M8 13h.01M12 13h.01M16 13h.01M8 16h.01M12 16h.01M16 16h.01',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }): VNode {
  const solid = name === 'record' || name === 'play';
  const weight = name === 'keys' || name === 'more' ? 3 : 1.8;
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" fill={solid ? 'currentColor' : 'none'} stroke="currentColor" stroke-width={weight} stroke-linecap="round" stroke-linejoin="round">
      <path d={PATHS[name]} />
    </svg>
  );
}
