// The offer card: what comes, from whom, how long it stands, and the two answers.

import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../parts/icons';
import { ChannelMark, LaneMark, RiskMark, Since } from '../parts/marks';
import { isSafeguarding, isVoice, type Engagement } from '../parts/protocol';
import { day, progress } from '../parts/time';
import { language, now, say, tongue } from '../parts/ui';
import { decline, legs, phone, take, taking } from './phone';
import { offers, state } from './store';
import { queueOf, t } from './text';
import type { desk } from '../messages/sw';

function WhoCalls({ offer }: { offer: Engagement }): VNode {
  const citizen = offer.citizen;
  if (!citizen) return <p class="muted">{t(isSafeguarding(offer.lane) ? 'confidential_unknown' : 'number_hidden')}</p>;
  const open = citizen.cases.filter((one) => one.state === 'open' || one.state === 'pending');
  return (
    <div class="stack who">
      <p><strong>{citizen.name || citizen.number || t('no_number')}</strong>{citizen.name && citizen.number ? <span class="muted figures"> {citizen.number}</span> : null}</p>
      <p class="muted small">
        {citizen.contacts === 0 ? t('first_time') : t('contacts_before', { n: citizen.contacts })}
        {citizen.last !== null && `, ${t('last_on', { date: day(citizen.last, now.value, language.value) })}`}
      </p>
      {open.length > 0 && <p class="small">{t('open_cases')}: {open.map((one) => `${one.reference} ${one.title}`).join('; ')}</p>}
    </div>
  );
}

function whyText(offer: Engagement): string | null {
  if (!offer.why) return null;
  const alone = offer.why.candidates === 1 && (offer.why.agent === 'longest_idle' || offer.why.agent === 'highest_level');
  if (alone) return `${t('why')}: ${t('why_only')}`;
  const key = `why_${offer.why.agent}`;
  const known: Record<string, keyof typeof desk> = { why_longest_idle: 'why_longest_idle', why_highest_level: 'why_highest_level', why_several: 'why_several', why_last_resort: 'why_last_resort' };
  const text = known[key];
  return text ? `${t('why')}: ${t(text)}, ${t('candidates', { n: offer.why.candidates })}` : null;
}

function Countdown({ offer }: { offer: Engagement }): VNode | null {
  if (offer.until === null) return null;
  // The clock ticks once a second, so it may still stand before the offer.
  const left = Math.max(0, Math.ceil((offer.until - Math.max(now.value, offer.since)) / 1000));
  const share = 1 - progress(offer.since, offer.until, now.value);
  return (
    <div class="countdown">
      <div class="track" aria-hidden="true"><div class={left <= 5 ? 'fill low' : 'fill'} style={{ width: `${share * 100}%` }} /></div>
      <span class="small figures muted">{t('expires_in', { n: left })}</span>
    </div>
  );
}

function mayTakeFocus(): boolean {
  const at = document.activeElement;
  return !(at instanceof HTMLElement) || !/^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName);
}

function Offer({ offer }: { offer: Engagement }): VNode {
  const answer = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (mayTakeFocus() && !document.querySelector('dialog[open]')) answer.current?.focus();
  }, []);
  const voice = isVoice(offer.channel);
  const busy = taking(offer.contact);
  const here = phone.value === 'on' || legs.value.has(offer.contact);
  const elsewhere = voice && !here;
  const why = whyText(offer);
  return (
    <article class={isSafeguarding(offer.lane) ? 'card offer safe' : 'card offer'} aria-label={t('offer')}>
      <div class="offer-main">
        <div class="stack">
          <h2>{t('offer_from', { channel: say(offer.channel), queue: queueOf(offer) })}</h2>
          <div class="row"><ChannelMark channel={offer.channel} /><LaneMark lane={offer.lane} /><RiskMark risk={offer.risk} /></div>
          <WhoCalls offer={offer} />
        </div>
        <dl class="facts">
          <div><dt>{t('with_us')}</dt><dd class="figures"><Since at={offer.arrived} /></dd></div>
          <div><dt>{t('language')}</dt><dd>{tongue(offer.language)}</dd></div>
        </dl>
      </div>
      {elsewhere && <p class="notice warn small">{t(state.value?.phone.registered ? 'on_desk_phone' : 'no_phone_here')}</p>}
      <div class="row offer-answers">
        <button ref={answer} type="button" class="primary big" disabled={busy} onClick={() => take(offer)}>
          <Icon name={voice ? 'phone' : 'chat'} />{t(busy ? 'answering' : voice ? 'answer' : 'accept')} <kbd>Alt A</kbd>
        </button>
        <button type="button" class="big" onClick={() => decline(offer)}>{t('decline')} <kbd>Alt X</kbd></button>
        <Countdown offer={offer} />
      </div>
      {why && <p class="muted small">{why}</p>}
    </article>
  );
}

export function Offers(): VNode {
  return (
    <div class="offers" aria-live="assertive" aria-relevant="additions">
      {offers.value.map((offer) => <Offer key={`${offer.contact}-${offer.offer}`} offer={offer} />)}
    </div>
  );
}
