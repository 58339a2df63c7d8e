// Names of queues as staff read them.

import { me } from './login';
import type { Lane } from './protocol';
import { language, say } from './ui';

/** A queue by its name; the bare name where the set-up gives no text, or the viewer may not see it. */
export function queueNamed(name: string): string {
  return me.value?.queues.find((queue) => queue.name === name)?.shown_as[language.value] ?? say(name);
}

/** A queue's lane, where the server tells it. */
export function laneOf(name: string): Lane | undefined {
  return me.value?.queues.find((queue) => queue.name === name)?.lane;
}
