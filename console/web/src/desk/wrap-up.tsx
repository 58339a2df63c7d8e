// Wrap-up: the verdict and the note, against a clock that may be extended.

import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../parts/icons';
import { LaneMark } from '../parts/marks';
import type { Engagement, Me } from '../parts/protocol';
import { clock, progress } from '../parts/time';
import { now, say } from '../parts/ui';
import { draft, setDraft } from './drafts';
import { refusal, send } from './store';
import { queueOf, t } from './text';

function Clock({ one }: { one: Engagement }): VNode | null {
  if (one.until === null) return null;
  const left = one.until - now.value;
  const share = 1 - progress(one.since, one.until, now.value);
  return (
    <div class="countdown">
      <span class="small">{left > 0 ? t('time_left') : t('over_time')}</span>
      <div class="track" aria-hidden="true"><div class={left < 10_000 ? 'fill low' : 'fill'} style={{ width: `${share * 100}%` }} /></div>
      <strong class="figures">{clock(left)}</strong>
      <button type="button" class="compact" onClick={() => send({ t: 'extend', contact: one.contact })}><Icon name="plus" />{t('extend')}</button>
    </div>
  );
}

export function WrapUp({ one, me }: { one: Engagement; me: Me }): VNode {
  const form = useRef<HTMLFormElement>(null);
  const [disposition, setDisposition] = useState<string | null>(null);
  const [missing, setMissing] = useState(false);
  useEffect(() => {
    const at = document.activeElement;
    if (!(at instanceof HTMLTextAreaElement)) form.current?.querySelector<HTMLInputElement>('input[type=radio]')?.focus();
  }, []);
  const finish = (): void => {
    if (disposition === null) {
      setMissing(true);
      form.current?.querySelector<HTMLInputElement>('input[type=radio]')?.focus();
      return;
    }
    refusal.value = null;
    // The draft goes when the server's state no longer lists the contact, not before.
    send({ t: 'wrap_up', contact: one.contact, disposition, note: draft(one.contact, 'note').trim() });
  };
  return (
    <form ref={form} class="card wrapup" aria-label={t('wrap_title')} onSubmit={(event) => { event.preventDefault(); finish(); }}
      onKeyDown={(event) => { if (event.key === 'Enter' && event.ctrlKey) { event.preventDefault(); finish(); } }}>
      <header class="row spread">
        <div>
          <h2>{t('wrap_title')}</h2>
          <p class="muted small">{one.citizen?.name || one.citizen?.number || say(one.channel)} · {queueOf(one)}</p>
        </div>
        <LaneMark lane={one.lane} />
      </header>
      <Clock one={one} />
      <fieldset>
        <legend class="label">{t('disposition')}</legend>
        <div class="choices">
          {me.dispositions.map((name) => (
            <label key={name} class="check choice">
              <input type="radio" name={`disposition-${one.contact}`} value={name} checked={disposition === name} onChange={() => { setDisposition(name); setMissing(false); }} />
              {say(name)}
            </label>
          ))}
        </div>
        <div role="alert">{missing && <p class="notice bad small">{t('choose_disposition')}</p>}</div>
      </fieldset>
      <div class="field">
        <label for="wrap-note">{t('note')}</label>
        <textarea id="wrap-note" rows={4} value={draft(one.contact, 'note')} placeholder={t('note_hint')} onInput={(event) => setDraft(one.contact, 'note', event.currentTarget.value)} />
      </div>
      <div class="row">
        <button type="submit" class="primary big"><Icon name="check" />{t('finish')} <kbd>Ctrl ↵</kbd></button>
      </div>
    </form>
  );
}
