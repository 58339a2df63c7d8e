// Message lookup. It owns filling in `{name}`; which language is current it is told.
// Plain TypeScript on purpose: the citizen's chat uses it too.

export type Language = 'sw' | 'en';

export type Values = Readonly<Record<string, string | number>>;

/** Fills `{name}` in a message; an unknown name stays as it is, so that a mistake is seen. */
export function fill(message: string, values?: Values): string {
  if (!values) return message;
  return message.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : String(value);
  });
}

/** A lookup over one group of messages in both languages. */
export function lookup<K extends string>(
  tables: Readonly<Record<Language, Readonly<Record<K, string>>>>,
  current: () => Language,
): (key: K, values?: Values) => string {
  return (key, values) => fill(tables[current()][key], values);
}
