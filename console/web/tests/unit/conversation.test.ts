import { describe, expect, it } from 'vitest';
import { confirmed, EMPTY, heard, read, unconfirmed, unread, written } from '../../src/parts/conversation';

const from = (seq: number, text: string, who: 'citizen' | 'agent' | 'centre' = 'citizen') => ({ seq, from: who, text, at: seq });

describe('conversation', () => {
  it('orders lines by number whatever order they come in', () => {
    const all = [from(3, 'c'), from(1, 'a'), from(2, 'b')].reduce(heard, EMPTY);
    expect(all.lines.map((line) => line.text)).toEqual(['a', 'b', 'c']);
  });

  it('shows a resent line once', () => {
    const once = heard(EMPTY, from(1, 'a'));
    expect(heard(once, from(1, 'a'))).toBe(once);
  });

  it('keeps unconfirmed lines last and moves them into place', () => {
    let talk = written(heard(EMPTY, from(1, 'a')), 'agent', 'X', 'mine', 5);
    talk = heard(talk, from(3, 'later'));
    expect(talk.lines.map((line) => line.text)).toEqual(['a', 'later', 'mine']);
    talk = confirmed(talk, 'X', 2);
    expect(talk.lines.map((line) => line.text)).toEqual(['a', 'mine', 'later']);
    expect(unconfirmed(talk)).toEqual([]);
  });

  it('drops our copy when the line came back before its confirmation', () => {
    let talk = written(EMPTY, 'agent', 'X', 'mine', 5);
    talk = heard(talk, from(1, 'mine', 'agent'));
    talk = confirmed(talk, 'X', 1);
    expect(talk.lines).toHaveLength(1);
  });

  it('offers what was not confirmed for sending again', () => {
    expect(unconfirmed(written(EMPTY, 'citizen', 'X', 'mine', 5))).toEqual([{ id: 'X', text: 'mine' }]);
  });

  it('counts only the citizen as unread', () => {
    const talk = [from(1, 'a'), from(2, 'b', 'agent'), from(3, 'c')].reduce(heard, EMPTY);
    expect(unread(talk)).toBe(2);
    expect(unread(read(talk))).toBe(0);
    expect(unread(heard(read(talk), from(4, 'd')))).toBe(1);
  });
});
