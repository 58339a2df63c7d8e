// What a supervisor may do to a queue, and how the server is told. Pure.

import { isSafeguarding, type Lane, type WallQueue } from '../parts/protocol';

export type QueueAction = 'open' | 'closed' | 'calendar' | 'surge_on' | 'surge_off';

const ALL: readonly QueueAction[] = ['open', 'closed', 'calendar', 'surge_on', 'surge_off'];

/** What is offered: nothing that already is, and no closing of a safeguarding queue. What the wall is not told stays on offer. */
export function actionsFor(queue: WallQueue, lane: Lane | undefined): QueueAction[] {
  return ALL.filter((action) => {
    if (action === 'closed' && lane !== undefined && isSafeguarding(lane)) return false;
    if (action === 'surge_on' || action === 'surge_off') return queue.surge === undefined || queue.surge !== (action === 'surge_on');
    return queue.switch !== action;
  });
}

/** The request for it. */
export function orderOf(action: QueueAction, queue: string): { path: string; body: object } {
  if (action === 'surge_on' || action === 'surge_off') return { path: '/api/wall/surge', body: { queue, on: action === 'surge_on' } };
  return { path: '/api/wall/switch', body: { queue, to: action } };
}
