import { describe, expect, it } from 'vitest';
import { answersNow, liveCall, onScreen } from '../../src/desk/settle';
import type { Engagement, EngagementState } from '../../src/parts/protocol';

const one = (contact: string, state: EngagementState, channel = 'voice'): Engagement => ({
  contact, state, channel, offer: 1, since: 0, until: null, queue: 'ids', queue_shown_as: { sw: 'V', en: 'I' }, lane: 'standard', risk: 'P3',
  language: 'sw', arrived: 0, why: null, citizen: null, recording: 'off', crisis_card: false,
});

describe('answering a leg', () => {
  it('lets a new contact ring until the person answers', () => {
    expect(answersNow(one('a', 'offered'), false, true)).toBe(false);
    expect(answersNow(one('a', 'offered'), true, true)).toBe(true);
  });

  it('brings back a contact that is already ours', () => {
    for (const state of ['connected', 'held'] as const) expect(answersNow(one('a', state), false, false)).toBe(true);
  });

  it('leaves alone the leg of an offer taken on another phone', () => {
    for (const state of ['connecting', 'connected'] as const) expect(answersNow(one('a', state), false, true)).toBe(false);
  });

  it('never answers a leg the server did not name, nor one of a finished contact', () => {
    expect(answersNow(undefined, true, false)).toBe(false);
    expect(answersNow(one('a', 'wrap_up'), false, false)).toBe(false);
  });
});

describe('what is on screen', () => {
  it('is the chosen contact while it lasts, then the call', () => {
    const list = [one('chat', 'connected', 'web_chat'), one('call', 'held')];
    expect(onScreen(list, 'chat')?.contact).toBe('chat');
    expect(onScreen(list, 'gone')?.contact).toBe('call');
    expect(liveCall(list)?.contact).toBe('call');
  });

  it('is never an offer', () => {
    expect(onScreen([one('a', 'offered')], 'a')).toBeUndefined();
  });
});
