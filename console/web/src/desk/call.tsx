// The live call: its state and its controls; large when chosen, one line when a chat is on screen.

import { signal } from '@preact/signals';
import type { VNode } from 'preact';
import { Icon } from '../parts/icons';
import { LaneMark, RiskMark, Since } from '../parts/marks';
import { isSafeguarding, type Engagement } from '../parts/protocol';
import { tongue } from '../parts/ui';
import { hangUp, keysSent, legs, muted, phone, press, toggleHold, toggleMute } from './phone';
import { dialog } from './store';
import { mayGive } from './giving';
import { queueOf, t } from './text';
import { draft, setDraft } from './drafts';

const keypad = signal(false);
const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const;

export function Recording({ one }: { one: Engagement }): VNode {
  if (one.recording === 'on') return <span class="tag bad recording"><Icon name="record" />{t('rec_on')}</span>;
  return <span class="tag"><Icon name="shield" />{t(`rec_${one.recording}`)}</span>;
}

function MuteAndHold({ call, small }: { call: Engagement; small?: boolean }): VNode {
  const held = call.state === 'held';
  const size = small ? 'compact' : '';
  const noLeg = legs.value.get(call.contact) !== 'up';
  return (
    <>
      <button type="button" class={`${size} mute ${muted.value ? 'on' : ''}`} disabled={noLeg} onClick={toggleMute}><Icon name={muted.value ? 'mic_off' : 'mic'} />{t(muted.value ? 'unmute' : 'mute')}</button>
      <button type="button" class={`${size} hold ${held ? 'on' : ''}`} disabled={call.state === 'connecting'} onClick={toggleHold}><Icon name={held ? 'play' : 'pause'} />{t(held ? 'resume' : 'hold')}</button>
    </>
  );
}

function StateMark({ call }: { call: Engagement }): VNode {
  const held = call.state === 'held';
  return <span class={held ? 'tag warn' : 'tag good'}><span class={held ? 'dot warn' : 'dot good'} />{t(call.state)}</span>;
}

export function CallBar({ call }: { call: Engagement }): VNode {
  return (
    <section class="card callbar row" aria-label={t('call_controls')}>
      <Icon name="phone" />
      <StateMark call={call} />
      <strong class="figures"><Since at={call.since} /></strong>
      <span class="grow muted small">{call.citizen?.name || call.citizen?.number || queueOf(call)}</span>
      <MuteAndHold call={call} small />
      <button type="button" class="danger compact" onClick={() => hangUp(call.contact)}><Icon name="down" />{t('hang_up')}</button>
    </section>
  );
}

function Keypad(): VNode {
  return (
    <div class="keypad" role="group" aria-label={t('keypad')}>
      {KEYS.map((key) => <button key={key} type="button" onClick={() => press(key)}>{key}</button>)}
      <output class="figures small muted">{keysSent.value || '\u00a0'}</output>
    </div>
  );
}

export function CallPanel({ call }: { call: Engagement }): VNode {
  const citizen = call.citizen;
  const secret = isSafeguarding(call.lane);
  const lost = call.state !== 'connecting' && phone.value !== 'off' && !legs.value.has(call.contact);
  return (
    <section class={secret ? 'card callpanel safe' : 'card callpanel'} aria-label={t('call_controls')}>
      <div class="callhead">
        <div class="stack">
          <div class="row"><StateMark call={call} /><LaneMark lane={call.lane} /><RiskMark risk={call.risk} /><Recording one={call} /></div>
          <h2>{citizen?.name || citizen?.number || (secret ? t('confidential_short') : t('no_number'))}</h2>
          <p class="muted small">{queueOf(call)} · {tongue(call.language)}{citizen?.name && citizen.number ? ` · ${citizen.number}` : ''}</p>
        </div>
        <p class="bigtimer figures"><Since at={call.since} /></p>
      </div>
      {lost && <p class="notice warn small" role="status">{t('no_audio')}</p>}
      {muted.value && <p class="notice warn small row" role="status"><Icon name="mic_off" />{t('muted')}</p>}
      <div class="row controls">
        <div class="row">
          <MuteAndHold call={call} />
          <button type="button" aria-expanded={keypad.value} onClick={() => (keypad.value = !keypad.value)}><Icon name="keys" />{t('keypad')}</button>
        </div>
        <div class="row grow">
          <button type="button" disabled={!mayGive(call)} onClick={() => (dialog.value = 'transfer')}><Icon name="transfer" />{t('transfer')}</button>
          {!secret && <button type="button" class="safe" onClick={() => (dialog.value = 'confidential')}><Icon name="shield" />{t('confidential')}</button>}
          <button type="button" class="danger last" onClick={() => hangUp(call.contact)}><Icon name="down" />{t('hang_up')}</button>
        </div>
      </div>
      {keypad.value && <Keypad />}
      <div class="field">
        <label for="call-note">{t('note')}</label>
        <textarea id="call-note" value={draft(call.contact, 'note')} placeholder={t('note_hint')} onInput={(event) => setDraft(call.contact, 'note', event.currentTarget.value)} />
      </div>
    </section>
  );
}
