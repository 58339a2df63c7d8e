// Give a contact up to a queue: type, choose, Enter. The citizen waits on with their age.

import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Dialog } from '../parts/dialog';
import { Icon } from '../parts/icons';
import { me } from '../parts/login';
import { Since } from '../parts/marks';
import type { KnownQueue } from '../parts/protocol';
import { language, tc } from '../parts/ui';
import { choicesFor, makesConfidential, mayGive } from './giving';
import { dialog, engagements, send, shown } from './store';
import { t } from './text';

const FORM = 'transfer-form';
const LIST = 'transfer-list';
const optionId = (queue: KnownQueue): string => `transfer-${queue.name}`;

export function Transfer(): VNode | null {
  const [contact] = useState(() => shown.peek()?.contact ?? null);
  const [typed, setTyped] = useState('');
  const [picked, setPicked] = useState<string | null>(null);
  const [unsent, setUnsent] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const one = engagements.value.find((each) => each.contact === contact);
  const given = !mayGive(one);
  const close = (): void => void (dialog.value = null);
  useEffect(() => input.current?.focus(), []);
  // The citizen hung up meanwhile: there is nothing to give, and wrap-up is on screen.
  useEffect(() => {
    if (given) close();
  }, [given]);
  if (given) return null;

  const choices = choicesFor(one, me.value?.queues ?? [], typed);
  const at = Math.max(0, choices.findIndex((queue) => queue.name === picked));
  const chosen = choices[at];
  const transfer = (): void => {
    if (!chosen) return;
    if (send({ t: 'transfer', contact: one.contact, queue: chosen.name })) close();
    else setUnsent(true);
  };
  const move = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0 || choices.length === 0) return;
    event.preventDefault();
    const next = choices[(at + step + choices.length) % choices.length];
    if (!next) return;
    setPicked(next.name);
    document.getElementById(optionId(next))?.scrollIntoView({ block: 'nearest' });
  };
  return (
    <Dialog title={t('transfer_title')} onClose={close} footer={
      <>
        <button type="button" onClick={close}>{tc('cancel')}</button>
        <button type="submit" form={FORM} class="primary" disabled={!chosen}><Icon name="transfer" />{chosen ? t('transfer_to', { queue: chosen.shown_as[language.value] }) : t('transfer')}</button>
      </>
    }>
      <p class="notice">{t('transfer_text')} {t('with_us')} <strong class="figures"><Since at={one.arrived} /></strong>.</p>
      <div role="alert">{unsent && <p class="notice warn">{t('reconnecting')}</p>}</div>
      <form id={FORM} class="stack" onSubmit={(event) => { event.preventDefault(); transfer(); }}>
        <div class="field">
          <label for="transfer-find">{t('transfer_find')}</label>
          <input ref={input} id="transfer-find" role="combobox" aria-expanded={true} aria-controls={LIST} aria-autocomplete="list" aria-activedescendant={chosen && optionId(chosen)} aria-describedby="transfer-keys"
            autocomplete="off" spellcheck={false} value={typed} onInput={(event) => { setTyped(event.currentTarget.value); setPicked(null); }} onKeyDown={move} />
          <p id="transfer-keys" class="hint">{t('transfer_keys')}</p>
        </div>
        <div id={LIST} role="listbox" aria-label={t('transfer_queues')} class="picklist">
          {choices.map((queue) => (
            <div key={queue.name} id={optionId(queue)} role="option" aria-selected={queue === chosen} onClick={() => { setPicked(queue.name); input.current?.focus(); }}>
              <span class="grow">{queue.shown_as[language.value]}</span>
              {queue.name === one.queue && <span class="muted small">{t('transfer_same')}</span>}
              {makesConfidential(one, queue) && <Icon name="shield" />}
            </div>
          ))}
        </div>
        <div role="status">
          {choices.length === 0 && <p class="muted">{t('transfer_none')}</p>}
          {chosen && makesConfidential(one, chosen) && <p class="notice safe">{t('transfer_confidential')}</p>}
        </div>
      </form>
    </Dialog>
  );
}
