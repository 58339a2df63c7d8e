// Which contacts an agent may give up to a queue, and to which. Pure; the server decides again.

import { isSafeguarding, type Engagement, type KnownQueue } from '../parts/protocol';

/** Whether a contact can be given up: it must be with this agent. */
export function mayGive(one: Engagement | undefined): one is Engagement {
  return one?.state === 'connected' || one?.state === 'held';
}

/** Whether giving it there makes a contact confidential. */
export function makesConfidential(one: Engagement, queue: KnownQueue): boolean {
  return !isSafeguarding(one.lane) && queue.lane !== undefined && isSafeguarding(queue.lane);
}

const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/**
 * The queues for what was typed: every word of it stands in the name or in a text of the queue, in either
 * language. Names that begin with it come first, the queue the contact came from last. A confidential
 * contact stays in its lane, as far as lanes are known.
 */
export function choicesFor(one: Engagement, queues: readonly KnownQueue[], typed: string): KnownQueue[] {
  const words = plain(typed).split(/\s+/).filter((word) => word !== '');
  const texts = (queue: KnownQueue): string[] => [queue.name, queue.shown_as.sw, queue.shown_as.en].map(plain);
  const fits = (queue: KnownQueue): boolean => !isSafeguarding(one.lane) || queue.lane === undefined || queue.lane === one.lane;
  const rank = (queue: KnownQueue): number => {
    if (queue.name === one.queue) return 2;
    return texts(queue).some((text) => text.startsWith(words[0] ?? '')) ? 0 : 1;
  };
  return queues
    .filter((queue) => fits(queue) && words.every((word) => texts(queue).join(' ').includes(word)))
    .sort((a, b) => rank(a) - rank(b));
}
