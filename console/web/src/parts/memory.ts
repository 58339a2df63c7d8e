// What a page remembers on this device. Citizen pages remember for the tab only: a shared phone must
// not show that the page was ever open. Storage may be blocked; then nothing is remembered.

export type Keeper = 'device' | 'tab';

function store(keeper: Keeper): Storage | null {
  try {
    return keeper === 'device' ? localStorage : sessionStorage;
  } catch {
    return null;
  }
}

export function recall(keeper: Keeper, key: string): string | null {
  return store(keeper)?.getItem(key) ?? null;
}

export function remember(keeper: Keeper, key: string, value: string | null): void {
  try {
    if (value === null) store(keeper)?.removeItem(key);
    else store(keeper)?.setItem(key, value);
  } catch {
    // Full or forbidden: the choice holds until the page closes.
  }
}
