// What the agent declares, and whether a phone is there to ring.

import { signal } from '@preact/signals';
import type { VNode } from 'preact';
import { Icon } from '../parts/icons';
import { mic } from '../parts/microphone';
import type { Me } from '../parts/protocol';
import { say } from '../parts/ui';
import { phone } from './phone';
import { dialog, setPresence, state } from './store';
import { t } from './text';

const reason = signal('');

export function PresenceControl({ me }: { me: Me }): VNode {
  const presence = state.value?.presence;
  const is = presence?.is;
  const current = presence?.is === 'away' ? presence.reason : null;
  const reasons = current && !me.away_reasons.includes(current) ? [current, ...me.away_reasons] : me.away_reasons;
  const picked = current ?? (reason.value || (me.away_reasons[0] ?? 'break'));
  const away = (why: string): void => {
    reason.value = why;
    setPresence({ is: 'away', reason: why });
  };
  return (
    <div class="presence" role="group" aria-label={t('presence')}>
      <button type="button" class="compact ready" aria-pressed={is === 'ready'} onClick={() => setPresence({ is: 'ready' })}>
        {is === 'ready' && <Icon name="check" />}{t('be_ready')}
      </button>
      <button type="button" class="compact" aria-pressed={is === 'away'} onClick={() => away(picked)}>{t('be_away')}</button>
      <select class="compact" aria-label={t('away_reason')} value={picked} onChange={(event) => {
        reason.value = event.currentTarget.value;
        if (is === 'away') away(event.currentTarget.value);
      }}>
        {reasons.map((one) => <option key={one} value={one}>{say(one)}</option>)}
      </select>
      <button type="button" class="compact" aria-pressed={is === 'offline'} onClick={() => setPresence({ is: 'offline' })}>{t('be_offline')}</button>
    </div>
  );
}

/** One button tells the phone's state and opens the sound check. */
export function PhoneButton(): VNode {
  const registered = state.value?.phone.registered ?? false;
  const [dot, text] =
    phone.value === 'on' ? (['good', t('phone_on')] as const)
    : registered ? (['good', t('phone_other')] as const)
    : phone.value === 'joining' ? (['warn', t('phone_joining')] as const)
    : mic.value === 'on' ? (['bad', t('phone_off')] as const)
    : (['bad', t('mic_off')] as const);
  return (
    <span class="row tight">
      <button type="button" class="quiet compact" onClick={() => (dialog.value = 'sound')}><span class={`dot ${dot}`} />{text}</button>
      <button type="button" class="quiet compact round devices" aria-label={t('devices')} title={t('devices')} onClick={() => (dialog.value = 'devices')}><Icon name="deskphone" /></button>
    </span>
  );
}
