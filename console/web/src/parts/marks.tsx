// Lane, risk and other marks: always words, colour only beside them.

import type { VNode } from 'preact';
import { Icon } from './icons';
import { isSafeguarding, isVoice, type Lane, type Risk } from './protocol';
import { clock, isoSpan } from './time';
import { now, say } from './ui';

export function LaneMark({ lane }: { lane: Lane }): VNode {
  if (isSafeguarding(lane)) return <span class="tag safe"><Icon name="shield" />{say(lane)}</span>;
  return <span class={lane === 'special_needs' ? 'tag special' : 'tag'}>{say(lane)}</span>;
}

/** P3 is ordinary and needs no mark. */
export function RiskMark({ risk }: { risk: Risk }): VNode | null {
  if (risk === 'P3') return null;
  return <span class={risk === 'P2' ? 'tag warn' : 'tag bad'}><Icon name="alert" />{say(risk)}</span>;
}

export function ChannelMark({ channel }: { channel: string }): VNode {
  return <span class="tag"><Icon name={isVoice(channel) ? 'phone' : 'chat'} />{say(channel)}</span>;
}

/** A running time since a moment. */
export function Since({ at }: { at: number }): VNode {
  const span = now.value - at;
  return <time class="timer" dateTime={isoSpan(span)}>{clock(span)}</time>;
}
