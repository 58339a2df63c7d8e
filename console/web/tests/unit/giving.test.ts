import { describe, expect, it } from 'vitest';
import { choicesFor, makesConfidential, mayGive } from '../../src/desk/giving';
import type { EngagementState, KnownQueue, WallQueue } from '../../src/parts/protocol';
import { actionsFor, orderOf } from '../../src/wall/switches';
import { engagement } from '../mock/data';

const queue = (name: string, sw: string, en: string, lane?: KnownQueue['lane']): KnownQueue => ({ name, shown_as: { sw, en }, ...(lane ? { lane } : {}) });
const QUEUES = [
  queue('general', 'Huduma kwa jumla', 'General enquiries', 'standard'), queue('ids', 'Vitambulisho', 'Identity documents', 'standard'),
  queue('business', 'Kodi na biashara', 'Tax and business', 'standard'), queue('gbv', 'Msaada wa siri', 'Confidential help', 'gbv'), queue('child', 'Watoto', 'Children', 'child'),
];
const names = (list: readonly KnownQueue[]): string[] => list.map((one) => one.name);
const call = engagement(0, { queue: 'ids', state: 'connected' });

describe('giving a contact up', () => {
  it('is for contacts that are with the agent', () => {
    const may = (state: EngagementState): boolean => mayGive(engagement(0, { state }));
    expect((['offered', 'connecting', 'connected', 'held', 'wrap_up'] as const).filter(may)).toEqual(['connected', 'held']);
    expect(mayGive(undefined)).toBe(false);
  });
  it('lists the queues with the present one last', () => {
    expect(names(choicesFor(call, QUEUES, ''))).toEqual(['general', 'business', 'gbv', 'child', 'ids']);
  });
  it('finds by any word in either language, beginnings first', () => {
    expect(names(choicesFor(call, QUEUES, 'TAX'))).toEqual(['business']);
    expect(names(choicesFor(call, QUEUES, 'na kodi'))).toEqual(['business']);
    expect(names(choicesFor(call, QUEUES, 'ch'))).toEqual(['child']);
    expect(names(choicesFor(call, QUEUES, 'en'))[0]).toBe('general');
    expect(names(choicesFor(call, QUEUES, 'wa'))).toEqual(['child', 'general', 'gbv']);
    expect(choicesFor(call, QUEUES, 'zzz')).toEqual([]);
  });
  it('keeps a confidential contact in its lane, as far as lanes are known', () => {
    const safe = { ...call, lane: 'gbv' } as const;
    expect(names(choicesFor(safe, QUEUES, ''))).toEqual(['gbv']);
    expect(names(choicesFor(safe, [queue('new', 'Mpya', 'New')], ''))).toEqual(['new']);
  });
  it('knows when a queue makes it confidential', () => {
    expect(QUEUES.filter((one) => makesConfidential(call, one)).map((one) => one.name)).toEqual(['gbv', 'child']);
    expect(QUEUES.some((one) => makesConfidential({ ...call, lane: 'gbv' }, one))).toBe(false);
  });
});

describe('switching a queue', () => {
  const row: WallQueue = { queue: 'ids', shown_as: { sw: '', en: '' }, waiting: 0, longest_since: null, agents_ready: 0, arrived: 0, answered: 0, abandoned: 0, service_level: null, average_wait_ms: null };
  it('offers everything while the wall does not tell what is', () => {
    expect(actionsFor(row, undefined)).toEqual(['open', 'closed', 'calendar', 'surge_on', 'surge_off']);
  });
  it('offers nothing that already is', () => {
    expect(actionsFor({ ...row, switch: 'calendar', surge: false }, 'standard')).toEqual(['open', 'closed', 'surge_on']);
    expect(actionsFor({ ...row, switch: 'closed', surge: true }, 'standard')).toEqual(['open', 'calendar', 'surge_off']);
  });
  it('never offers to close a safeguarding queue', () => {
    for (const lane of ['gbv', 'child', 'mental_health'] as const) expect(actionsFor(row, lane)).not.toContain('closed');
    expect(actionsFor(row, 'special_needs')).toContain('closed');
  });
  it('says it to the server', () => {
    expect(orderOf('closed', 'ids')).toEqual({ path: '/api/wall/switch', body: { queue: 'ids', to: 'closed' } });
    expect(orderOf('surge_off', 'ids')).toEqual({ path: '/api/wall/surge', body: { queue: 'ids', on: false } });
  });
});
