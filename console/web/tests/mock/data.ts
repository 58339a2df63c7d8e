// A centre's worth of believable answers for the mock server. Numbers are from ranges nobody has.

import type { Case, ContactRecord, Engagement, Figures, FigureRow, KnownQueue, Me, Timeline, Told, Wall, WallAgent, WallQueue } from '../../src/parts/protocol';

export const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const queues: KnownQueue[] = [
  { name: 'general', lane: 'standard', shown_as: { sw: 'Huduma kwa jumla', en: 'General enquiries' } },
  { name: 'ids', lane: 'standard', shown_as: { sw: 'Vitambulisho na pasipoti', en: 'Identity documents' } },
  { name: 'business', lane: 'standard', shown_as: { sw: 'Kodi na biashara', en: 'Tax and business' } },
  { name: 'complaints', lane: 'standard', shown_as: { sw: 'Malalamiko', en: 'Complaints' } },
];
export const SAFE_QUEUE: KnownQueue = { name: 'confidential', lane: 'gbv', shown_as: { sw: 'Msaada wa siri', en: 'Confidential help' } };

const rules = {
  languages: ['sw', 'en'],
  away_reasons: ['break', 'meal', 'training', 'meeting', 'recovery'],
  dispositions: ['resolved', 'follow_up', 'escalated', 'wrong_number', 'no_speech'],
};
export const PEOPLE: Record<string, Me> = {
  achieng: { ...rules, name: 'achieng', shown_as: 'Achieng Otieno', roles: ['agent'], clearances: ['gbv', 'child', 'mental_health'], queues: [...queues, SAFE_QUEUE] },
  wanjiru: { ...rules, name: 'wanjiru', shown_as: 'Wanjiru Kamau', roles: ['supervisor'], clearances: ['gbv', 'child', 'mental_health'], queues: [...queues, SAFE_QUEUE] },
  mutua: { ...rules, name: 'mutua', shown_as: 'Mutua Musyoka', roles: ['supervisor', 'admin', 'dpo'], clearances: [], queues },
  zawadi: { ...rules, name: 'zawadi', shown_as: 'Zawadi Chengo', roles: ['dpo'], clearances: [], queues },
};
export const PASSWORD = 'karibu sana';
export const CODE = '123456';

const id = (n: number): string => `01JD3Q8ZK0${String(n).padStart(16, '0')}`;
export const CITIZEN = id(900);

export function caseOf(now: number, reference: string, state: string, title: string, kind = 'inquiry'): Case {
  return { reference, kind, title, state, service: 'Issuance of Duplicate Identity Card', opened: now - 12 * DAY, due: now + 2 * DAY };
}

export function engagement(now: number, over: Partial<Engagement>): Engagement {
  return {
    contact: id(1), channel: 'voice', state: 'offered', offer: 1, since: now, until: now + 20_000, queue: 'ids', queue_shown_as: queues[1]?.shown_as ?? null,
    lane: 'standard', risk: 'P3', language: 'sw', arrived: now - 47_000, why: { order: 'score', agent: 'longest_idle', candidates: 4, score: 12 },
    citizen: { name: 'Kipchoge Rono', number: '0700 000 417', contacts: 4, last: now - 9 * DAY, cases: [{ reference: 'HK-7F3A9C', state: 'open', title: 'Kitambulisho kilichopotea' }] },
    recording: 'on', crisis_card: false, ...over,
  };
}

export function record(now: number, n: number, over: Partial<ContactRecord> = {}): ContactRecord {
  return {
    contact: id(n), channel: 'voice', lane: 'standard', risk: 'P3', queue: 'ids', language: 'sw', arrived: now - n * 37 * MINUTE, waited_ms: 12_000 + n * 1500, talked_ms: 184_000 + n * 9000, agent: 'achieng',
    ended: { by: 'citizen', cause: 'normal' }, disposition: 'resolved', recording: { state: 'kept', id: id(n + 500), length_ms: 184_000 + n * 9000 },
    transcript: { state: 'done', segments: [
      { side: 'agent', from_ms: 1200, to_ms: 4000, text: 'Karibu Huduma Kenya, unaongea na Achieng. Nikusaidie vipi?' },
      { side: 'citizen', from_ms: 5100, to_ms: 9800, text: 'Habari. Nimepoteza kitambulisho changu, nifanye aje?' },
      { side: 'agent', from_ms: 10_500, to_ms: 17_000, text: 'Pole sana. Utahitaji barua ya polisi, kisha ufike Huduma Centre iliyo karibu nawe.' },
    ] },
    notes: [{ at: now - n * 30 * MINUTE, by: 'achieng', text: 'Ameelezwa hatua za kupata kitambulisho kipya.' }],
    cases: [caseOf(now, 'HK-7F3A9C', 'open', 'Kitambulisho kilichopotea')],
    citizen: { id: CITIZEN, name: 'Kipchoge Rono', number: '0700 000 417', contacts: 4 }, messages: [], ...over,
  };
}

export function recent(now: number): ContactRecord[] {
  return [
    record(now, 1), record(now, 2, { channel: 'web_chat', queue: 'business', recording: { state: 'none', id: null, length_ms: null }, disposition: 'follow_up' }),
    record(now, 3, { lane: 'gbv', risk: 'P1', queue: 'confidential', citizen: null, recording: { state: 'none', id: null, length_ms: null } }),
    record(now, 4, { agent: null, waited_ms: 95_000, talked_ms: null, disposition: null, queue: 'general' }),
    record(now, 5, { lane: 'special_needs', queue: 'general', language: 'en' }), record(now, 6, { recording: { state: 'incomplete', id: id(506), length_ms: 61_000 }, ended: { by: 'centre', cause: 'restart' }, transcript: { state: 'no_model', segments: [] } }),
  ];
}

/** The story of a contact that waited, was refused once and taken then. */
export function story(now: number): Told[] {
  const at = now - 37 * MINUTE;
  return [
    { at, sw: 'Iliingia kwa voice kupitia `main_line`.', en: 'Came in by voice through `main_line`.' },
    { at: at + 9000, sw: 'Ilisubiri katika foleni `ids`: wahudumu 3 wanaongea, 1 yuko kwenye mapumziko.', en: 'Waited in the queue `ids`: 3 agents are talking, 1 is on a break.' },
    { at: at + 14_000, sw: 'Ililetwa kwa `barasa`, aliyekuwa huru muda mrefu zaidi.', en: 'Offered to `barasa`, who had been free longest.' },
    { at: at + 34_000, sw: '`barasa` hakujibu kwa wakati.', en: '`barasa` did not answer in time.' },
    { at: at + 35_000, sw: 'Ililetwa kwa `achieng`, ambaye alijibu.', en: 'Offered to `achieng`, who answered.' },
  ];
}

export function timeline(now: number): Timeline {
  return { id: CITIZEN, name: 'Kipchoge Rono', number: '0700 000 417', timeline: [record(now, 1), record(now, 300), record(now, 900, { channel: 'web_chat', disposition: 'follow_up' })], cases: [caseOf(now, 'HK-7F3A9C', 'open', 'Kitambulisho kilichopotea'), caseOf(now, 'HK-2B81DD', 'closed', 'Cheti cha kuzaliwa', 'update')] };
}

const NAMES = ['Achieng Otieno', 'Barasa Wafula', 'Chebet Koech', 'Dida Guyo', 'Esther Nduta', 'Farah Abdi', 'Gitau Mwangi', 'Halima Omar', 'Ivy Moraa', 'Juma Mwakio', 'Kanini Mbithi', 'Lokai Ekal', 'Makena Kirimi', 'Njeri Wainaina'];

export function agents(now: number): WallAgent[] {
  const doing: WallAgent['doing'][] = ['talking', 'talking', 'free', 'chat', 'wrap_up', 'free', 'held', 'free', 'offered', 'talking', 'free', 'free', 'talking', 'chat'];
  return NAMES.map((shown_as, i) => ({
    name: shown_as.split(' ')[0]?.toLowerCase() ?? '', shown_as, doing: doing[i] ?? 'free', since: now - (i * 47 + 20) * 1000, contacts: doing[i] === 'chat' ? 3 : 1,
    presence: i === 5 ? { is: 'away', reason: 'meal' } : i === 10 ? { is: 'away', reason: 'training' } : i === 11 ? { is: 'offline' } : { is: 'ready' },
  }));
}

export function wall(now: number, cleared: boolean): Wall {
  const row = (i: number, over: Partial<WallQueue>): WallQueue => ({
    queue: queues[i]?.name ?? '', shown_as: queues[i]?.shown_as ?? { sw: '', en: '' }, waiting: 0, longest_since: null, agents_ready: 5, arrived: 214, answered: 198, abandoned: 9, service_level: 0.86, average_wait_ms: 14_000, target_seconds: 20, target_percent: 80, ...over,
  });
  const frame: Wall = {
    t: 'wall', at: now, agents: agents(now), presence: { ready: 11, away: 2, offline: 1 },
    queues: [row(0, { waiting: 2, longest_since: now - 11_000 }), row(1, { waiting: 7, longest_since: now - 83_000, agents_ready: 2, arrived: 402, answered: 351, abandoned: 38, service_level: 0.71, average_wait_ms: 41_000 }), row(2, { arrived: 96, answered: 93, abandoned: 2, service_level: 0.94, average_wait_ms: 9000 }), row(3, { arrived: 0, answered: 0, abandoned: 0, service_level: null, average_wait_ms: null, agents_ready: 3 })],
    totals: { arrived: 931, waiting: 10, answered: 842, abandoned: 61, self_served: 118, service_level: 0.79 },
    channels: { voice: { arrived: 712, waiting: 8, answered: 640, abandoned: 55 }, web_chat: { arrived: 219, waiting: 2, answered: 202, abandoned: 6 } }, alarms: [],
  };
  if (cleared) {
    frame.lanes = [{ lane: 'gbv', waiting: 1, longest_since: now - 14_000, ready_cleared: 1 }, { lane: 'child', waiting: 0, longest_since: null, ready_cleared: 2 }, { lane: 'mental_health', waiting: 0, longest_since: null, ready_cleared: 0 }];
    frame.queues.push(row(0, { queue: SAFE_QUEUE.name, shown_as: SAFE_QUEUE.shown_as, waiting: 1, longest_since: now - 14_000, agents_ready: 1, arrived: 21, answered: 20, abandoned: 0, service_level: 0.95, average_wait_ms: 6000 }));
    frame.alarms = [{ alarm: 'safeguarding_waiting', contact: id(77), since: now - 4000 }];
  }
  return frame;
}

/** Figures of a morning, by quarter-hour or for the day, as the server would tell them. */
export function figures(query: URLSearchParams, cleared: boolean): Figures {
  const day = query.get('from') ?? '2026-11-21';
  const by = query.get('by') ?? 'queue';
  const midnight = Date.parse(`${day}T00:00:00+03:00`);
  const spans = query.get('step') === 'day' ? [midnight] : Array.from({ length: 24 }, (_, i) => midnight + (28 + i) * 15 * MINUTE);
  const scale = query.get('step') === 'day' ? 24 : 1;
  const contact = (n: number): Record<string, number | null> => ({ arrived: (21 + n) * scale, answered: (18 + n) * scale, abandoned: 2 * scale, abandoned_short: scale, service_level_of_answered: 0.88 - n / 100, service_level: 0.83 - n / 100, asa_ms: 13_000 + n * 900, aht_ms: 254_000, overflowed: n === 3 ? 4 : 0, call_backs: 0, told_error_percent: n === 0 ? null : 18 + n });
  const agent = (n: number): Record<string, number | null> => ({ handled: 3 * scale, aht_ms: 244_000 + n * 1000, occupancy: 0.74, adherence: n === 2 ? null : 0.96, ready_ms: 190_000 * scale, recovery_ms: n === 1 ? 600_000 : 0, away_ms: 0 });
  const keys: Pick<FigureRow, 'key' | 'shown_as'>[] =
    by === 'queue' ? [{ key: null }, ...(cleared ? [...queues, SAFE_QUEUE] : queues).map((one) => ({ key: one.name, shown_as: one.shown_as }))]
    : by === 'agent' ? NAMES.map((shown_as) => ({ key: shown_as.split(' ')[0]?.toLowerCase() ?? '', shown_as }))
    : by === 'lane' ? ['gbv', 'special_needs', 'standard'].map((key) => ({ key }))
    : by === 'channel' ? ['voice', 'web_chat'].map((key) => ({ key })) : [{ key: 'huduma' }];
  const values = by === 'agent' ? agent : contact;
  // Two of the quarter-hours would tell of a small count.
  const few = (row: FigureRow, i: number): FigureRow => (cleared || scale > 1 || (i !== 3 && i !== 7) || by === 'agent' ? row : { ...row, abandoned: null, abandoned_short: null, left_out: ['abandoned', 'abandoned_short'] });
  const rows = spans.flatMap((at, i) => keys.map((one, n): FigureRow => (one.key === null ? few({ at, ...one, ...values(n) }, i) : { at, ...one, ...values(n) })));
  const totals = spans.map((at, i) => few({ at, key: null, ...values(i % 5) }, i));
  return { from: day, to: day, at: Date.now(), small_count: cleared ? null : 5, rows, totals };
}

export const SERVICES = [
  { id: 'svc-001', institution: 'National Registration Bureau', service: 'Issuance of Initial Identity Card', status: 'digitized_in_person' },
  { id: 'svc-002', institution: 'National Registration Bureau', service: 'Issuance of Duplicate Identity Card', status: 'digitized_in_person' },
  { id: 'svc-004', institution: 'Business Registration Service', service: 'Search/Reservation of Business Name', status: 'online' },
];

/** One second of a quiet tone as WAV: 8 kHz, mono, 16 bit. */
export function wav(): Buffer {
  const samples = 8000;
  const bytes = Buffer.alloc(44 + samples * 2);
  bytes.write('RIFF', 0); bytes.writeUInt32LE(36 + samples * 2, 4); bytes.write('WAVEfmt ', 8); bytes.writeUInt32LE(16, 16); bytes.writeUInt16LE(1, 20); bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(8000, 24); bytes.writeUInt32LE(16_000, 28); bytes.writeUInt16LE(2, 32); bytes.writeUInt16LE(16, 34); bytes.write('data', 36); bytes.writeUInt32LE(samples * 2, 40);
  for (let i = 0; i < samples; i += 1) bytes.writeInt16LE(Math.round(3000 * Math.sin((2 * Math.PI * 440 * i) / 8000)), 44 + i * 2);
  return bytes;
}
