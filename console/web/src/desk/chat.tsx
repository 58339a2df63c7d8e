// One written contact: what was said, and the composer.

import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../parts/icons';
import { LaneMark, RiskMark, Since } from '../parts/marks';
import { isSafeguarding, type Engagement } from '../parts/protocol';
import { hour } from '../parts/time';
import { language, now, say, tongue } from '../parts/ui';
import { EMPTY, type Line } from '../parts/conversation';
import { draft, setDraft } from './drafts';
import { mayGive } from './giving';
import { hangUp } from './phone';
import { conversations, dialog, link, markRead, sayTo, send, typing } from './store';
import { queueOf, t } from './text';

/** Typing is told at most this often and forgotten after the second. The server drops what comes within
    3 s of the last; half a second more, so that the network's jitter does not make it drop every other one. */
const TYPING_EVERY = 3500;
const TYPING_LASTS = 6000;

function LineOf({ line }: { line: Line }): VNode {
  const state = line.seq === null ? t(link.value === 'open' ? 'sending' : 'not_sent') : hour(line.at, language.value);
  return (
    <li class={`line ${line.from}`}>
      <p class="text">{line.text}</p>
      <p class="muted small">{say(line.from)} · {state}</p>
    </li>
  );
}

function Log({ one, lines }: { one: Engagement; lines: readonly Line[] }): VNode {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.scrollTo({ top: box.current.scrollHeight });
    markRead(one.contact);
  }, [lines.length]);
  const busy = now.value - (typing.value.get(one.contact) ?? 0) < TYPING_LASTS;
  return (
    <div ref={box} class="log" role="log" aria-label={t('chat_log')} tabIndex={0}>
      {lines.length === 0 && <p class="muted">{t('no_messages')}</p>}
      <ul>{lines.map((line) => <LineOf key={line.seq ?? line.id} line={line} />)}</ul>
      {busy && <p class="muted small typing">{t('citizen_typing')}</p>}
    </div>
  );
}

function Composer({ one }: { one: Engagement }): VNode {
  const told = useRef(0);
  const text = draft(one.contact, 'message');
  const submit = (): void => {
    const whole = text.trim();
    if (whole === '') return;
    sayTo(one.contact, whole);
    setDraft(one.contact, 'message', '');
  };
  const write = (value: string): void => {
    setDraft(one.contact, 'message', value);
    if (value !== '' && Date.now() - told.current > TYPING_EVERY) {
      told.current = Date.now();
      send({ t: 'typing', contact: one.contact });
    }
  };
  return (
    <form class="composer" onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <label class="unseen" for="composer">{t('write')}</label>
      <textarea id="composer" rows={2} value={text} maxLength={4000} placeholder={t('write')} lang={one.language ?? undefined} aria-describedby="composer-hint"
        onInput={(event) => write(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          submit();
        }} />
      <button type="submit" class="primary" disabled={text.trim() === ''}><Icon name="send" />{t('send')}</button>
      <p id="composer-hint" class="muted small">{t('composer_hint')}</p>
    </form>
  );
}

export function ChatPanel({ one }: { one: Engagement }): VNode {
  const lines = (conversations.value.get(one.contact) ?? EMPTY).lines;
  const over = one.state === 'wrap_up';
  const secret = isSafeguarding(one.lane);
  return (
    <section class={secret ? 'card chat safe' : 'card chat'} aria-label={t('chat_log')}>
      <header class="row">
        <div class="grow">
          <h2>{one.citizen?.name || one.citizen?.number || (secret ? t('confidential_short') : say('citizen'))}</h2>
          <p class="muted small">{say(one.channel)} · {queueOf(one)} · {tongue(one.language)} · <Since at={one.since} /></p>
        </div>
        <LaneMark lane={one.lane} />
        <RiskMark risk={one.risk} />
        {!over && <button type="button" class="compact" disabled={!mayGive(one)} onClick={() => (dialog.value = 'transfer')}><Icon name="transfer" />{t('transfer')}</button>}
        {!over && !secret && <button type="button" class="safe compact" onClick={() => (dialog.value = 'confidential')}><Icon name="shield" />{t('confidential')}</button>}
        {!over && <button type="button" class="compact" onClick={() => hangUp(one.contact)}>{t('end_chat')}</button>}
      </header>
      <Log one={one} lines={lines} />
      {over ? <p class="muted small over">{t('chat_over')}</p> : <Composer one={one} />}
    </section>
  );
}
