// Small readings of the wall's figures, pure. The figures themselves are the server's.

import type { Doing, Wall, WallAgent, WallQueue } from '../parts/protocol';

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
