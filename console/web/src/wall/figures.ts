// Small readings of the wall's figures, pure. The figures themselves are the server's.

import type { Doing, Figures, FigureRow, Wall, WallAgent, WallQueue } from '../parts/protocol';
import type { Language } from '../parts/texts';
import { clock, percent } from '../parts/time';

/** Whether a queue is under its target; unknown while nothing was answered or no target is told. */
export function belowTarget(queue: WallQueue): boolean {
  return queue.service_level !== null && queue.target_percent !== undefined && queue.service_level * 100 < queue.target_percent;
}

/** Whether somebody has already waited longer than the queue's target. */
export function overdue(queue: WallQueue, now: number): boolean {
  return queue.waiting > 0 && queue.longest_since !== null && queue.target_seconds !== undefined && now - queue.longest_since > queue.target_seconds * 1000;
}

const ORDER: readonly Doing[] = ['talking', 'held', 'chat', 'offered', 'wrap_up', 'free'];

/** Ready agents first, busy before free, then by name: a tile does not jump while its agent works on. */
export function arranged(agents: readonly WallAgent[]): WallAgent[] {
  const rank = (agent: WallAgent): number => {
    const presence = { ready: 0, away: 100, offline: 200 }[agent.presence.is];
    return presence + ORDER.indexOf(agent.doing);
  };
  return [...agents].sort((a, b) => rank(a) - rank(b) || a.shown_as.localeCompare(b.shown_as));
}

/** What identifies an alarm, to notice a new one. */
export function alarmKeys(wall: Wall | null): string[] {
  return (wall?.alarms ?? []).map((one) => `${one.alarm}/${one.contact ?? ''}/${one.since}`);
}

/** What a table of figures has a row for. */
export type Kind = 'queue' | 'lane' | 'channel' | 'tenant' | 'agent';

const CONTACTS = ['arrived', 'answered', 'abandoned', 'abandoned_short', 'service_level_of_answered', 'service_level', 'asa_ms', 'aht_ms', 'overflowed', 'call_backs', 'told_error_percent'] as const;
const AGENTS = ['handled', 'aht_ms', 'occupancy', 'adherence', 'ready_ms', 'recovery_ms', 'away_ms'] as const;

export type Column = (typeof CONTACTS)[number] | (typeof AGENTS)[number];

/** The columns shown; the file has them all. */
export const COLUMNS: Readonly<Record<Kind, readonly Column[]>> = { queue: CONTACTS, lane: CONTACTS, channel: CONTACTS, tenant: CONTACTS, agent: AGENTS };

const SHARES: readonly string[] = ['service_level_of_answered', 'service_level', 'occupancy', 'adherence'];

/** A value as people read it; `null` when it was left out. */
export function cellText(row: FigureRow, column: string): string | null {
  if (row.left_out?.includes(column)) return null;
  const value = row[column];
  if (typeof value !== 'number') return '–';
  if (SHARES.includes(column)) return percent(value);
  if (column.endsWith('_percent')) return `${value}%`;
  return column.endsWith('_ms') ? clock(value) : String(value);
}

/** Every row once, by its key, as named first. */
export function keysOf(figures: Figures): FigureRow[] {
  const seen = new Map<string | null, FigureRow>();
  for (const row of figures.rows) if (!seen.has(row.key)) seen.set(row.key, row);
  return [...seen.values()];
}

/** Rows of one key over time; those of everyone without one. */
export function rowsOf(figures: Figures, key: string | null | undefined): FigureRow[] {
  return key === undefined ? figures.totals : figures.rows.filter((row) => row.key === key);
}

/** The name staff read, where the centre gives one. */
export function nameOf(row: FigureRow, language: Language): string | null {
  if (typeof row.shown_as === 'string') return row.shown_as;
  return row.shown_as?.[language] ?? null;
}

/** `2026-11-21`: the day in East Africa. */
export function dayOf(at: number): string {
  return new Date(at + 3 * 3_600_000).toISOString().slice(0, 10);
}
