// The desk's words.
import * as en from '../messages/en';
import * as sw from '../messages/sw';
import { me } from '../parts/login';
import type { Engagement } from '../parts/protocol';
import { lookup } from '../parts/texts';
import { currentLanguage, language, say } from '../parts/ui';

export const t = lookup({ sw: sw.desk, en: en.desk }, currentLanguage);

/** A queue as staff read it; its bare name where the set-up gives none. */
export function queueNamed(name: string): string {
  return me.value?.queues.find((queue) => queue.name === name)?.shown_as[language.value] ?? say(name);
}

/** The queue an engagement came through. */
export function queueOf(one: Engagement): string {
  return one.queue_shown_as?.[language.value] ?? (one.queue ? queueNamed(one.queue) : say(one.channel));
}
