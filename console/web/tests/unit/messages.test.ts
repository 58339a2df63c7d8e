import { describe, expect, it } from 'vitest';
import * as chatEn from '../../src/messages/chat.en';
import * as chatSw from '../../src/messages/chat.sw';
import * as en from '../../src/messages/en';
import * as sw from '../../src/messages/sw';

type Table = Readonly<Record<string, string>>;
const groups: [string, Table, Table][] = [
  ...Object.entries(sw).map(([name, table]): [string, Table, Table] => [name, table, (en as Record<string, Table>)[name] ?? {}]),
  ['chat', chatSw.chat, chatEn.chat],
];
const slots = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort();

describe.each(groups)('messages of %s', (_, kiswahili, english) => {
  it('have the same keys and the same slots in both languages', () => {
    expect(Object.keys(english).sort()).toEqual(Object.keys(kiswahili).sort());
    for (const key of Object.keys(kiswahili)) expect([key, slots(english[key] ?? '')]).toEqual([key, slots(kiswahili[key] ?? '')]);
  });

  it('say something, and say it in the spelling of Kenya', () => {
    for (const text of [...Object.values(kiswahili), ...Object.values(english)]) expect(text.trim()).toBe(text);
    for (const text of Object.values(kiswahili)) {
      expect(text).not.toBe('');
      expect(text).not.toMatch(/\bnamba\b/i);
    }
  });
});
