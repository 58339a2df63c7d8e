// What was typed into the one search box, and where the page stands. Pure.

export type Query = { number: string } | { reference: string } | { name: string };

/** A phone number in any of its forms, a case reference, or else a name. */
export function readQuery(text: string): Query | null {
  const whole = text.trim();
  if (whole === '') return null;
  const reference = whole.toUpperCase().replace(/\s/g, '');
  if (/^HK-?[0-9A-Z]{4,12}$/.test(reference)) return { reference: reference.startsWith('HK-') ? reference : `HK-${reference.slice(2)}` };
  const digits = whole.replace(/[\s().-]/g, '');
  if (/^\+?\d{7,15}$/.test(digits)) return { number: digits };
  return { name: whole };
}

export type Place = { at: 'recent' } | { at: 'contact'; id: string } | { at: 'citizen'; id: string } | { at: 'audit' };

/** The place a fragment names. Ids only: numbers and names never enter an address. */
export function readPlace(hash: string): Place {
  const [, at, id] = /^#(contact|citizen|audit)(?:\/([0-9A-Z]{26}))?$/i.exec(hash) ?? [];
  if ((at === 'contact' || at === 'citizen') && id) return { at, id };
  return at === 'audit' ? { at } : { at: 'recent' };
}
