// The middle of the desk: our contacts as tabs, the chosen one, and the live call above everything.

import type { VNode } from 'preact';
import { Icon } from '../parts/icons';
import { Since } from '../parts/marks';
import { isSafeguarding, isVoice, type Engagement, type Me } from '../parts/protocol';
import { queueNamed } from '../parts/queues';
import { language, now, say } from '../parts/ui';
import { CallBar, CallPanel } from './call';
import { ChatPanel } from './chat';
import { unread } from '../parts/conversation';
import { liveCall } from './settle';
import { chosen, conversations, engagements, offers, ours, shown, state } from './store';
import { queueOf, t } from './text';
import { WrapUp } from './wrap-up';

/** The state in words; written contacts are chatting, not talking. */
export function stateOf(one: Engagement): string {
  return one.state === 'connected' && !isVoice(one.channel) ? t('chatting') : t(one.state);
}

function titleOf(one: Engagement): string {
  if (isSafeguarding(one.lane) && !one.citizen) return t('confidential_short');
  return one.citizen?.name || one.citizen?.number || say(one.channel);
}

function Tab({ one, selected }: { one: Engagement; selected: boolean }): VNode {
  const conversation = conversations.value.get(one.contact);
  const fresh = conversation ? unread(conversation) : 0;
  return (
    <button type="button" role="tab" id={`tab-${one.contact}`} class="contact-tab" aria-selected={selected} aria-controls="contact" tabIndex={selected ? 0 : -1} onClick={() => (chosen.value = one.contact)}>
      <Icon name={isVoice(one.channel) ? 'phone' : 'chat'} />
      <span class="grow">
        <span class="title">{titleOf(one)}{isSafeguarding(one.lane) && <> <Icon name="shield" /></>}</span>
        <span class="muted small">{stateOf(one)} · {queueOf(one)}</span>
      </span>
      {fresh > 0 ? <span class="count" aria-label={t('unread', { n: fresh })}>{fresh}</span> : <span class="small since"><Since at={one.since} /></span>}
    </button>
  );
}

function moveBetweenTabs(event: KeyboardEvent): void {
  const step = event.key === 'ArrowDown' || event.key === 'ArrowRight' ? 1 : event.key === 'ArrowUp' || event.key === 'ArrowLeft' ? -1 : 0;
  if (step === 0) return;
  event.preventDefault();
  const list = ours.value;
  const at = list.findIndex((one) => one.contact === shown.value?.contact);
  const next = list[(at + step + list.length) % list.length];
  if (!next) return;
  chosen.value = next.contact;
  document.getElementById(`tab-${next.contact}`)?.focus();
}

function Waiting(): VNode {
  const waiting = (state.value?.waiting ?? []).filter((one) => one.waiting > 0);
  return (
    <section class="waiting" aria-label={t('waiting_now')}>
      <h2 class="label muted">{t('waiting_now')}</h2>
      {waiting.length === 0 ? <p class="muted small">{t('nobody_waits')}</p> : (
        <ul>
          {waiting.map((one) => (
            <li key={one.queue} class="row tight spread small">
              <span class="grow">{queueNamed(one.queue)}</span>
              <strong class="figures">{one.waiting}</strong>
              <span class="muted">{one.longest_since !== null && <Since at={one.longest_since} />}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

export function Contacts(): VNode {
  return (
    <aside class="contacts" aria-label={t('contacts')}>
      <h2 class="label muted">{t('contacts')}</h2>
      {ours.value.length === 0 ? <p class="muted small">{t('no_contacts')}</p> : (
        <div role="tablist" aria-label={t('contacts')} aria-orientation="vertical" onKeyDown={moveBetweenTabs}>
          {ours.value.map((one) => <Tab key={one.contact} one={one} selected={one.contact === shown.value?.contact} />)}
        </div>
      )}
      <Waiting />
    </aside>
  );
}

function Idle(): VNode {
  const ready = state.value?.presence?.is === 'ready';
  return (
    <div class="idle">
      <span class={ready ? 'halo good' : 'halo'}><Icon name={ready ? 'check' : 'pause'} /></span>
      <h2>{t(ready ? 'idle_ready' : 'idle_away')}</h2>
      <p class="muted">{t(ready ? 'idle_ready_text' : 'idle_away_text')}</p>
      <p class="muted small figures">{new Intl.DateTimeFormat(language.value === 'sw' ? 'sw-KE' : 'en-KE', { timeStyle: 'short', timeZone: 'Africa/Nairobi' }).format(now.value)}</p>
    </div>
  );
}

function CrisisCard(): VNode {
  return (
    <section class="notice safe crisis" aria-label={t('crisis_title')}>
      <h2 class="row"><Icon name="shield" />{t('crisis_title')}</h2>
      <ol>
        <li>{t('crisis_1')}</li><li>{t('crisis_2')}</li><li>{t('crisis_3')}</li><li>{t('crisis_4')}</li>
      </ol>
    </section>
  );
}

export function Work({ me }: { me: Me }): VNode {
  const one = shown.value;
  const call = liveCall(engagements.value);
  return (
    <>
      {call && call.contact !== one?.contact && <CallBar call={call} />}
      {!one ? offers.value.length === 0 && <Idle /> : (
        <div id="contact" role="tabpanel" aria-labelledby={`tab-${one.contact}`} class="contact" tabIndex={-1}>
          {isVoice(one.channel) && one.state !== 'wrap_up' && <CallPanel call={one} />}
          {one.crisis_card && one.state !== 'wrap_up' && <CrisisCard />}
          {!isVoice(one.channel) && <ChatPanel key={one.contact} one={one} />}
          {one.state === 'wrap_up' && <WrapUp key={one.contact} one={one} me={me} />}
        </div>
      )}
    </>
  );
}
