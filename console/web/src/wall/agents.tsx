// The agents as a grid of tiles, and setting one's presence.

import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Dialog } from '../parts/dialog';
import { Since } from '../parts/marks';
import type { Me, Wall, WallAgent } from '../parts/protocol';
import { say, tc } from '../parts/ui';
import { arranged } from './figures';
import { failure, picked, setPresence, t } from './store';

function tone(agent: WallAgent): string {
  if (agent.presence.is === 'offline') return 'offline';
  if (agent.doing !== 'free') return agent.doing === 'wrap_up' || agent.doing === 'offered' ? 'between' : 'busy';
  return agent.presence.is === 'ready' ? 'free' : 'away';
}

/** What one line says of an agent: the presence, unless a contact says more. */
function doing(agent: WallAgent): string {
  if (agent.doing !== 'free') return say(agent.doing);
  if (agent.presence.is === 'away') return say(agent.presence.reason);
  return agent.presence.is === 'ready' ? say('free') : say('offline');
}

function Tile({ agent }: { agent: WallAgent }): VNode {
  return (
    <li>
      <button type="button" class={`tile ${tone(agent)}`} onClick={() => (picked.value = agent)}>
        <span class="name">{agent.shown_as}</span>
        <span class="doing small">{doing(agent)}{agent.contacts > 1 ? ` · ${agent.contacts}` : ''}</span>
        <span class="small figures"><Since at={agent.since} /></span>
        <span class="unseen">{t('set_presence')}</span>
      </button>
    </li>
  );
}

export function Agents({ wall }: { wall: Wall }): VNode {
  return (
    <section class="card" aria-labelledby="agents">
      <header><h2 id="agents">{t('agents')}</h2></header>
      <ul class="tiles">{arranged(wall.agents).map((agent) => <Tile key={agent.name} agent={agent} />)}</ul>
    </section>
  );
}

export function SetPresence({ agent, me }: { agent: WallAgent; me: Me }): VNode {
  const [is, setIs] = useState(agent.presence.is);
  const [reason, setReason] = useState(agent.presence.is === 'away' ? agent.presence.reason : (me.away_reasons[0] ?? 'break'));
  const close = (): void => {
    failure.value = null;
    picked.value = null;
  };
  const save = (): void => void setPresence(agent.name, is === 'away' ? { is, reason } : { is });
  return (
    <Dialog title={t('set_for', { name: agent.shown_as })} onClose={close} footer={
      <>
        <button type="button" onClick={close}>{tc('cancel')}</button>
        <button type="button" class="primary" onClick={save}>{tc('save')}</button>
      </>
    }>
      <div role="alert">{failure.value && <p class="notice bad">{failure.value}</p>}</div>
      <fieldset class="stack">
        <legend class="unseen">{t('set_presence')}</legend>
        {(['ready', 'away', 'offline'] as const).map((one) => (
          <label key={one} class="check"><input type="radio" name="presence" checked={is === one} onChange={() => setIs(one)} />{say(one)}</label>
        ))}
      </fieldset>
      {is === 'away' && (
        <div class="field">
          <label for="reason">{t('reason')}</label>
          <select id="reason" value={reason} onChange={(event) => setReason(event.currentTarget.value)}>
            {me.away_reasons.map((one) => <option key={one} value={one}>{say(one)}</option>)}
          </select>
        </div>
      )}
    </Dialog>
  );
}
