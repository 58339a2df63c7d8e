import { describe, expect, it } from 'vitest';
import { closed, lastSeq, phoneIsRight, say, sendAgain, START, told } from '../../src/chat/session';
import { backoff } from '../../src/parts/backoff';
import { fill } from '../../src/parts/texts';
import { clock, isoSpan, moment, percent, progress } from '../../src/parts/time';
import { ulidFrom } from '../../src/parts/ulid';
import { readPlace, readQuery } from '../../src/records/query';
import { arranged, belowTarget, cellText, dayOf, keysOf, nameOf, overdue, rowsOf } from '../../src/wall/figures';
import type { WallAgent, WallQueue } from '../../src/parts/protocol';

describe('time', () => {
  it('reads spans', () => {
    expect([clock(0), clock(75_000), clock(3_675_000), clock(-5)]).toEqual(['0:00', '1:15', '1:01:15', '0:00']);
    expect(isoSpan(75_900)).toBe('PT75S');
  });
  it('is Nairobi time wherever the browser is', () => {
    expect(moment(Date.UTC(2026, 10, 21, 21, 30), Date.UTC(2026, 10, 22), 'en')).toMatch(/^22 Nov.*00:30$/);
  });
  it('knows how far a countdown is', () => {
    expect([progress(0, 10, 5), progress(0, 10, 50), progress(10, 10, 0)]).toEqual([0.5, 1, 1]);
    expect([percent(null), percent(0.834)]).toEqual(['–', '83%']);
  });
});

describe('back-off', () => {
  it('doubles to 30 s and keeps half of it certain', () => {
    expect([0, 1, 2, 5, 50].map((attempt) => backoff(attempt, 0.999999))).toEqual([1000, 2000, 4000, 30_000, 30_000]);
    expect(backoff(3, 0)).toBe(4000);
  });
});

describe('ids', () => {
  it('are 26 letters that sort by time', () => {
    const random = new Uint8Array(10).fill(255);
    expect(ulidFrom(1_795_000_000_000, random)).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
    expect(ulidFrom(1, random) < ulidFrom(2, new Uint8Array(10))).toBe(true);
    expect(ulidFrom(0, new Uint8Array(10))).toBe('0'.repeat(26));
  });
});

describe('words', () => {
  it('fill what they know and show what they do not', () => {
    expect(fill('{n} of {m}', { n: 3 })).toBe('3 of {m}');
  });
});

describe('the search box', () => {
  it('tells numbers, references and names apart', () => {
    expect(readQuery('0712 345 678')).toEqual({ number: '0712345678' });
    expect(readQuery('+254712345678')).toEqual({ number: '+254712345678' });
    expect(readQuery('hk-7f3a9c')).toEqual({ reference: 'HK-7F3A9C' });
    expect(readQuery(' Wanjiku ')).toEqual({ name: 'Wanjiku' });
    expect(readQuery('  ')).toBeNull();
  });
  it('lets only ids into the address', () => {
    const id = '01JD0000000000000000000000';
    expect(readPlace(`#contact/${id}`)).toEqual({ at: 'contact', id });
    expect(readPlace('#citizen/0712345678')).toEqual({ at: 'recent' });
    expect(readPlace('#audit')).toEqual({ at: 'audit' });
  });
});

describe('the wall', () => {
  const queue: WallQueue = { queue: 'ids', shown_as: { sw: '', en: '' }, waiting: 1, longest_since: 0, agents_ready: 1, arrived: 2, answered: 1, abandoned: 0, service_level: 0.79, average_wait_ms: 0, target_seconds: 20, target_percent: 80 };
  it('marks what is under target and who waits too long', () => {
    expect(belowTarget(queue)).toBe(true);
    expect(belowTarget({ ...queue, service_level: 0.8 })).toBe(false);
    expect(belowTarget({ ...queue, service_level: null })).toBe(false);
    expect([overdue(queue, 20_000), overdue(queue, 20_001)]).toEqual([false, true]);
  });
  it('puts busy agents first and absent ones last', () => {
    const agent = (name: string, is: 'ready' | 'offline', doing: WallAgent['doing']): WallAgent => ({ name, shown_as: name, presence: { is }, doing, since: 0, contacts: 0 });
    const order = arranged([agent('gone', 'offline', 'free'), agent('b', 'ready', 'free'), agent('a', 'ready', 'free'), agent('busy', 'ready', 'talking')]);
    expect(order.map((one) => one.name)).toEqual(['busy', 'a', 'b', 'gone']);
  });
});

describe('the chat', () => {
  const open = told({ ...START, phase: 'joining' }, { t: 'opened', conv: 'c', token: 't' }, 0);
  it('opens, queues, gets an agent and ends without keeping its ticket', () => {
    const waiting = told(open, { t: 'queue', position: 3, ewt_s: 180 }, 0);
    expect(waiting.queue).toEqual({ position: 3, minutes: 3 });
    const served = told(waiting, { t: 'agent', name: 'Achieng' }, 0);
    expect([served.agent, served.queue]).toEqual(['Achieng', null]);
    expect(told(served, { t: 'end' }, 0)).toMatchObject({ phase: 'ended', ticket: null });
  });
  it('goes on after a lost connection from the last number it saw', () => {
    let chat = told(open, { t: 'msg', seq: 41, from: 'agent', name: 'Achieng', text: 'Habari', at: '2026-11-21T06:12:33Z' }, 0);
    expect(chat.conversation.lines[0]?.at).toBe(Date.UTC(2026, 10, 21, 6, 12, 33));
    chat = say(chat, 'X', 'Njema', 1);
    expect(lastSeq(chat)).toBe(41);
    chat = told(chat, { t: 'ack', id: 'X', seq: 42, at: '2026-11-21T06:12:34Z' }, 2);
    expect(lastSeq(chat)).toBe(42);
  });
  it('takes a line of its own that comes back for its acknowledgement', () => {
    const chat = told(say(open, 'X', 'Njema', 1), { t: 'msg', seq: 3, id: 'X', from: 'citizen', text: 'Njema', at: '2026-11-21T06:12:33Z' }, 2);
    expect(chat.conversation.lines.map((line) => [line.seq, line.text])).toEqual([[3, 'Njema']]);
  });
  it('keeps a line refused for now and drops one that never will be taken', () => {
    const said = say(open, 'X', 'Njema', 1);
    const later = told(said, { t: 'error', code: 'slow_down', id: 'X' }, 2);
    expect([later.conversation.lines.length, later.refused, sendAgain({ t: 'error', code: 'slow_down', id: 'X' })]).toEqual([1, 'refused_slow_down', true]);
    const never = told(said, { t: 'error', code: 'full', id: 'X' }, 2);
    expect([never.conversation.lines.length, never.refused, sendAgain({ t: 'error', code: 'full', id: 'X' })]).toEqual([0, 'refused_full', false]);
  });
  it('knows by the close code whether to come back', () => {
    const joining = { ...START, phase: 'joining', ticket: { conv: 'c', token: 't' } } as const;
    expect(closed(joining, 4404)).toMatchObject({ back: false, chat: { phase: 'asking', ticket: null, refused: 'refused_gone' } });
    expect(closed(say(open, 'X', 'a', 0), 4404)).toMatchObject({ back: false, chat: { phase: 'ended', ticket: null } });
    expect(closed(open, 4409)).toMatchObject({ back: false, chat: { phase: 'elsewhere', ticket: { conv: 'c' } } });
    expect(closed({ ...START, phase: 'joining' }, 4400)).toMatchObject({ back: false, chat: { phase: 'asking' } });
    for (const code of [1006, 1012, 4413, 4503]) expect(closed(open, code).back, String(code)).toBe(true);
    expect(closed(open, 1000)).toMatchObject({ back: false, chat: { phase: 'ended' } });
  });
  it('takes phone numbers as Kenyans write them', () => {
    for (const good of ['', '0712 345678', '+254 712 345 678', '254712345678', '0110123456', '+255712345678']) expect(phoneIsRight(good), good).toBe(true);
    for (const bad of ['12', '0712', 'abc', '07123456789']) expect(phoneIsRight(bad), bad).toBe(false);
  });
});

describe('figures', () => {
  const row = { at: 0, key: 'ids', arrived: 12, service_level: 0.834, asa_ms: 75_000, told_error_percent: 22, aht_ms: null, abandoned: null, left_out: ['abandoned'] };
  it('are read by the kind of their column', () => {
    expect(['arrived', 'service_level', 'asa_ms', 'told_error_percent', 'aht_ms', 'abandoned'].map((column) => cellText(row, column))).toEqual(['12', '83%', '1:15', '22%', '–', null]);
  });
  it('are of one key or of everyone', () => {
    const rest = { at: 0, key: null };
    const figures = { from: '', to: '', at: 0, small_count: 5, rows: [rest, row, { ...row, at: 900_000 }], totals: [{ at: 0, key: null }] };
    expect(keysOf(figures).map((one) => one.key)).toEqual([null, 'ids']);
    expect([rowsOf(figures, 'ids').length, rowsOf(figures, null), rowsOf(figures, undefined)]).toEqual([2, [rest], figures.totals]);
    expect([nameOf({ ...row, shown_as: { sw: 'a', en: 'b' } }, 'en'), nameOf({ ...row, shown_as: 'Asha' }, 'sw'), nameOf(row, 'sw')]).toEqual(['b', 'Asha', null]);
  });
  it('begin their day at midnight in Nairobi', () => {
    expect([dayOf(Date.UTC(2026, 10, 20, 20, 59)), dayOf(Date.UTC(2026, 10, 20, 21))]).toEqual(['2026-11-20', '2026-11-21']);
  });
});
