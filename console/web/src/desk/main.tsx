// The agent's desk: one page from log-in to wrap-up.

import { render, type VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { Bar } from '../parts/bar';
import { Icon } from '../parts/icons';
import { Gate } from '../parts/login';
import { mic, openIfAllowed } from '../parts/microphone';
import type { Me } from '../parts/protocol';
import { tc, titled } from '../parts/ui';
import { Confidential } from './confidential';
import { Devices } from './devices';
import { Help } from './help';
import { startKeys } from './keys';
import { Offers } from './offers';
import { hear, soundBlocked, startPhone } from './phone';
import { Leaving, PhoneButton, PresenceControl } from './presence';
import { Side } from './side';
import { SoundCheck } from './sound';
import { connect, dialog, link, refusal, setPresence, state } from './store';
import { t } from './text';
import { startTones } from './tones';
import { Transfer } from './transfer';
import { Contacts, Work } from './work';

let started = false;

async function start(): Promise<void> {
  if (started) return;
  started = true;
  connect();
  startPhone();
  startTones();
  startKeys();
  await openIfAllowed();
  // Nobody learns of a dead headset from the first caller: the sound check comes first.
  if (mic.value !== 'on' && dialog.value === null) dialog.value = 'sound';
}

function Banners(): VNode {
  return (
    <div class="banners">
      <div role="status">
        {link.value === 'lost' && <p class="notice warn row"><Icon name="alert" />{t('reconnecting')}</p>}
        <Leaving />
        {state.value?.break_owed && (
          <p class="notice row spread">
            <span>{t('break_owed')}</span>
            <button type="button" class="compact" onClick={() => setPresence({ is: 'away', reason: 'recovery' })}>{t('take_break')}</button>
          </p>
        )}
      </div>
      <div role="alert">
        {refusal.value && (
          <p class="notice bad row spread">
            <span>{refusal.value}</span>
            <button type="button" class="quiet compact round" aria-label={tc('close')} onClick={() => (refusal.value = null)}><Icon name="close" /></button>
          </p>
        )}
        {soundBlocked.value && (
          <p class="notice warn row spread">
            <span>{t('blocked_sound')}</span>
            <button type="button" class="primary compact" onClick={hear}><Icon name="sound" />{t('hear')}</button>
          </p>
        )}
      </div>
    </div>
  );
}

function Dialogs(): VNode | null {
  switch (dialog.value) {
    case 'sound': return <SoundCheck />;
    case 'devices': return <Devices />;
    case 'help': return <Help />;
    case 'confidential': return <Confidential />;
    case 'transfer': return <Transfer />;
    default: return null;
  }
}

function Desk({ me }: { me: Me }): VNode {
  useEffect(() => void start(), []);
  return (
    <>
      <Bar page="desk" me={me}>
        <PresenceControl me={me} />
        <PhoneButton />
        <button type="button" class="quiet compact round help" aria-label={t('help')} title={`${t('help')} (?)`} onClick={() => (dialog.value = 'help')}><Icon name="help" /></button>
      </Bar>
      <Banners />
      <div class="desk">
        <Contacts />
        <main id="main" class="work" tabIndex={-1}>
          <h1 class="unseen">{t('title')}</h1>
          <Offers />
          <Work me={me} />
        </main>
        <Side />
      </div>
      <Dialogs />
    </>
  );
}

titled(() => `${t('title')} · HCTC`);
const root = document.getElementById('root');
if (root) {
  root.textContent = '';
  render(<Gate page="desk" role="agent">{(me) => <Desk me={me} />}</Gate>, root);
}
