// Names of queues as staff read them.

import { me } from './login';
import { language, say } from './ui';

/** A queue by its name; the bare name where the set-up gives no text, or the viewer may not see it. */
export function queueNamed(name: string): string {
  return me.value?.queues.find((queue) => queue.name === name)?.shown_as[language.value] ?? say(name);
}
