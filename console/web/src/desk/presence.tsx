// What the agent declares, and whether a phone is there to ring.

import { signal } from '@preact/signals';
import type { VNode } from 'preact';
import { Icon } from '../parts/icons';
import { Menu } from '../parts/menu';
import { mic } from '../parts/microphone';
import type { Me } from '../parts/protocol';
import { say } from '../parts/ui';
import { phone } from './phone';
import { dialog, ours, setLeaving, setPresence, state } from './store';
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
      <AfterContact reason={picked} />
    </div>
  );
}

/** Where the focus goes when the notice of a pending leave is gone. */
const AFTER = 'after-contact';

/** What follows the last contact. Who serves nobody can leave at once, so there is nothing to choose. */
function AfterContact({ reason: why }: { reason: string }): VNode | null {
  const leaving = state.value?.leaving ?? null;
  if (ours.value.length === 0) return null;
  return (
    <Menu id={AFTER} label={t('after_contact')} icon="later" on={leaving !== null} items={[
      { key: 'away', text: t('leave_away', { reason: say(why) }), run: () => setLeaving({ is: 'away', reason: why }) },
      { key: 'offline', text: t('leave_offline'), run: () => setLeaving({ is: 'offline' }) },
      ...(leaving ? [{ key: 'stay', text: t('leave_stay'), run: () => setLeaving(null) }] : []),
    ]} />
  );
}

/** The leave that is pending, as long as it is. */
export function Leaving(): VNode | null {
  const leaving = state.value?.leaving;
  if (!leaving || leaving.is === 'ready') return null;
  const stay = (): void => {
    setLeaving(null);
    document.getElementById(AFTER)?.focus();
  };
  return (
    <p class="notice row spread leaving">
      <span><Icon name="later" /> {leaving.is === 'away' ? t('leaving_away', { reason: say(leaving.reason) }) : t('leaving_offline')}</span>
      <button type="button" class="compact" onClick={stay}>{t('leave_cancel')}</button>
    </p>
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
