// The citizen's web call.

import { render, type VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import * as en from '../messages/en';
import * as sw from '../messages/sw';
import { Switches } from '../parts/bar';
import { readyToLeave } from '../parts/exit';
import { Icon } from '../parts/icons';
import { lookup } from '../parts/texts';
import { clock, isoSpan } from '../parts/time';
import { currentLanguage, language, now, titled } from '../parts/ui';
import { connectedAt, dial, hangUp, hear, muted, press, pressed, refusal, soundBlocked, stage, toggleMute, trouble } from './phone';

const t = lookup({ sw: sw.call, en: en.call }, currentLanguage);
const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const;

function nameOf(key: string): string | undefined {
  // 9 says itself: its word stands on it.
  return key === '*' ? t('key_star') : key === '#' ? t('key_hash') : undefined;
}

function Keypad(): VNode {
  const live = stage.value === 'connected';
  return (
    <div class="keypad" role="group" aria-label={t('keypad')}>
      {KEYS.map((key) => (
        <button key={key} type="button" class={key === '9' ? 'key nine' : 'key'} aria-label={nameOf(key)} disabled={!live} onClick={() => press(key)}>
          {key}{key === '9' && <span class="keyword"> {t('key_9_label')}</span>}
        </button>
      ))}
      <output class="muted small figures">{pressed.value === '' ? '\u00a0' : t('pressed', { keys: pressed.value })}</output>
    </div>
  );
}

function Live(): VNode {
  // The clock of this page, not the server's: only the difference is shown.
  void now.value;
  const span = Date.now() - connectedAt.value;
  const connected = stage.value === 'connected';
  return (
    <section class="live" aria-label={t(stage.value === 'calling' ? 'calling' : stage.value === 'ringing' ? 'ringing' : 'connected')}>
      <p role="status" class={connected ? 'stage good' : 'stage'}><span class={connected ? 'dot good' : 'dot warn'} />{t(connected ? 'connected' : stage.value === 'ringing' ? 'ringing' : 'calling')}</p>
      {connected && <p class="bigtimer figures"><span class="unseen">{t('duration')} </span><time dateTime={isoSpan(span)}>{clock(span)}</time></p>}
      {soundBlocked.value && <button type="button" class="primary" onClick={hear}><Icon name="sound" />{t('hear')}</button>}
      <p class="notice safe"><Icon name="shield" /> <strong>{t('nine')}</strong></p>
      <Keypad />
      <div class="row controls">
        <button type="button" class={muted.value ? 'big on' : 'big'} disabled={!connected} onClick={toggleMute}><Icon name={muted.value ? 'mic_off' : 'mic'} />{t(muted.value ? 'unmute' : 'mute')}</button>
        <button type="button" class="danger big" onClick={hangUp}><Icon name="down" />{t('hang_up')}</button>
      </div>
    </section>
  );
}

function Before(): VNode {
  const ended = stage.value === 'ended';
  const why = trouble.value;
  return (
    <section class="before">
      <div role="alert">{why && <p class="notice bad">{refusal.value?.text ?? t(why)} {why !== 'busy' && <a href="/chat">{t('use_chat')}</a>}</p>}</div>
      {ended && !why && <p class="notice good" role="status">{t('ended')}</p>}
      <button type="button" class="primary callbutton" onClick={() => void dial()}><Icon name="phone" />{t(ended ? 'again' : 'call')}</button>
      <h2>{t('what')}</h2>
      <ol class="steps">
        <li>{t('step_1')}</li>
        <li>{t('step_2')}</li>
        <li>{t('step_3')}</li>
      </ol>
      <p class="notice safe"><Icon name="shield" /> <strong>{t('nine')}.</strong> {t('nine_text')}</p>
    </section>
  );
}

/** Keys of the keyboard are keys of the phone while talking. */
function keyboard(event: KeyboardEvent): void {
  if (event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
  if (/^[0-9*#]$/.test(event.key)) press(event.key);
}

function Call(): VNode {
  const exit = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    readyToLeave(exit.current, hangUp);
    addEventListener('keydown', keyboard);
  }, []);
  const busy = stage.value === 'calling' || stage.value === 'ringing' || stage.value === 'connected';
  return (
    <div class="callpage" lang={language.value}>
      <header class="top row spread">
        <Switches />
        <a ref={exit} class="button exit" href="/away" rel="noreferrer">{t('leave')}</a>
      </header>
      <main id="main">
        <div>
          <h1>{t('title')}</h1>
          <p class="muted">{t('lead')}</p>
        </div>
        {busy ? <Live /> : <Before />}
        <p class="muted small">{t('leave_hint')}</p>
      </main>
    </div>
  );
}

// The tab must not tell a bystander what the page is.
titled(() => t('tab'));
const root = document.getElementById('root');
if (root) {
  root.textContent = '';
  render(<Call />, root);
}
