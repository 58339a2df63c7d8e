// The desk's words.
import * as en from '../messages/en';
import * as sw from '../messages/sw';
import type { Engagement } from '../parts/protocol';
import { queueNamed } from '../parts/queues';
import { lookup } from '../parts/texts';
import { currentLanguage, language, say } from '../parts/ui';

export const t = lookup({ sw: sw.desk, en: en.desk }, currentLanguage);

/** The queue an engagement came through. */
export function queueOf(one: Engagement): string {
  return one.queue_shown_as?.[language.value] ?? (one.queue ? queueNamed(one.queue) : say(one.channel));
}
