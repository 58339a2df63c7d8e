// The supervisor's wall: live queues, agents, totals; lanes and alarms for those the server clears.

import { render, type VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { Bar } from '../parts/bar';
import { Icon } from '../parts/icons';
import { Gate } from '../parts/login';
import { Since } from '../parts/marks';
import type { Me, Wall } from '../parts/protocol';
import { clock, hour, percent } from '../parts/time';
import { language, now, say, tc, titled } from '../parts/ui';
import { Agents, SetPresence } from './agents';
import { belowTarget, overdue } from './figures';
import { Ask, Done, QueueMenu, QueueState } from './queue-menu';
import { asked, link, picked, sound, start, switchSound, t, wall } from './store';
import { Report } from './report';

function Alarms({ wall: { alarms } }: { wall: Wall }): VNode {
  return (
    <div role="alert" class="alarms">
      {alarms.map((one) => (
        <p key={`${one.alarm}${one.contact ?? ''}${one.since}`} class="alarm row">
          <Icon name="alert" /><strong>{say(one.alarm)}</strong>
          {one.since !== null && <span aria-live="off" class="figures">{t('alarm_since', { time: clock(now.value - one.since) })}</span>}
          {one.contact && <a href={`/records#contact/${one.contact}`}>{t('contact', { id: `…${one.contact.slice(-6)}` })}</a>}
        </p>
      ))}
    </div>
  );
}

function Figure({ name, value, tone }: { name: string; value: string | number; tone?: 'bad' | 'good' }): VNode {
  return <div class={`figure ${tone ?? ''}`}><dt>{name}</dt><dd class="figures">{value}</dd></div>;
}

function Totals({ wall: { totals, presence } }: { wall: Wall }): VNode {
  return (
    <section aria-label={t('today')}>
      <dl class="totals">
        <Figure name={t('waiting')} value={totals.waiting} />
        <Figure name={t('level')} value={percent(totals.service_level)} />
        <Figure name={t('arrived')} value={totals.arrived} />
        <Figure name={t('answered')} value={totals.answered} />
        <Figure name={t('abandoned')} value={totals.abandoned} />
        <Figure name={t('self_served')} value={totals.self_served} />
        <Figure name={t('agents_ready')} value={presence.ready} tone="good" />
        <Figure name={t('agents_away')} value={presence.away} />
        <Figure name={t('agents_offline')} value={presence.offline} />
      </dl>
    </section>
  );
}

function Queues({ wall: { queues } }: { wall: Wall }): VNode {
  return (
    <section class="card" aria-labelledby="queues">
      <header><h2 id="queues">{t('queues')}</h2></header>
      <div class="scroll" tabIndex={0}>
        <table class="dense">
          <thead>
            <tr>
              <th scope="col">{t('queue')}</th>
              {(['waiting', 'longest', 'ready', 'arrived', 'answered', 'abandoned', 'average'] as const).map((key) => <th key={key} scope="col" class="number" title={key === 'longest' ? t('longest_hint') : undefined}>{t(key)}</th>)}
              <th scope="col" class="number">{t('level')}</th>
              <th scope="col"><span class="unseen">{t('manage_head')}</span></th>
            </tr>
          </thead>
          <tbody>
            {queues.map((queue) => {
              const late = overdue(queue, now.value);
              const below = belowTarget(queue);
              return (
                <tr key={queue.queue} class={late ? 'late' : ''}>
                  <th scope="row">{queue.shown_as[language.value]}<QueueState queue={queue} /></th>
                  <td class="number strong">{queue.waiting}</td>
                  <td class="number">{queue.longest_since === null ? '–' : <span class={late ? 'tag bad' : ''}>{late && <Icon name="clock" />}<Since at={queue.longest_since} /></span>}</td>
                  <td class="number">{queue.agents_ready === 0 && queue.waiting > 0 ? <span class="tag bad"><Icon name="alert" />0</span> : queue.agents_ready}</td>
                  <td class="number">{queue.arrived}</td>
                  <td class="number">{queue.answered}</td>
                  <td class="number">{queue.abandoned}</td>
                  <td class="number">{queue.average_wait_ms === null ? '–' : clock(queue.average_wait_ms)}</td>
                  <td class="number level">
                    <span class={below ? 'tag bad' : queue.service_level === null ? '' : 'tag good'}>{percent(queue.service_level)}{below && <span class="unseen"> {t('below')}</span>}</span>
                    {queue.target_percent !== undefined && <span class="muted small target">{t('target', { percent: queue.target_percent, seconds: queue.target_seconds ?? 0 })}</span>}
                  </td>
                  <td class="manage"><QueueMenu queue={queue} /></td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Lanes({ wall: { lanes } }: { wall: Wall }): VNode | null {
  if (!lanes || lanes.length === 0) return null;
  return (
    <section class="card lanes" aria-labelledby="lanes">
      <header><h2 id="lanes" class="row"><Icon name="shield" />{t('lanes')}</h2></header>
      <div class="scroll" tabIndex={0}>
        <table class="dense">
          <thead><tr><th scope="col"><span class="unseen">{t('lanes')}</span></th><th scope="col" class="number">{t('waiting')}</th><th scope="col" class="number">{t('longest')}</th><th scope="col" class="number">{t('cleared')}</th></tr></thead>
          <tbody>
            {lanes.map((one) => (
              <tr key={one.lane}>
                <th scope="row">{say(one.lane)}</th>
                <td class="number strong">{one.waiting > 0 ? <span class="tag bad"><Icon name="alert" />{one.waiting}</span> : 0}</td>
                <td class="number">{one.longest_since === null ? '–' : <Since at={one.longest_since} />}</td>
                <td class="number">{one.ready_cleared === 0 ? <span class="tag warn"><Icon name="alert" />0</span> : one.ready_cleared}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Channels({ wall: { channels } }: { wall: Wall }): VNode | null {
  const used = Object.entries(channels);
  if (used.length === 0) return null;
  return (
    <section class="card" aria-labelledby="channels">
      <header><h2 id="channels">{t('channels')}</h2></header>
      <div class="scroll" tabIndex={0}>
        <table class="dense">
          <thead><tr><th scope="col">{t('channel')}</th>{(['waiting', 'arrived', 'answered', 'abandoned'] as const).map((key) => <th key={key} scope="col" class="number">{t(key)}</th>)}</tr></thead>
          <tbody>
            {used.map(([channel, one]) => (
              <tr key={channel}><th scope="row">{say(channel)}</th><td class="number strong">{one.waiting}</td><td class="number">{one.arrived}</td><td class="number">{one.answered}</td><td class="number">{one.abandoned}</td></tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Live(): VNode {
  const live = link.value === 'open' && wall.value !== null;
  return (
    <>
      <span role="status" class={live ? 'tag good' : 'tag warn'}><span class={live ? 'dot good' : 'dot warn'} />{t(live ? 'live' : 'stale')}</span>
      <span class="figures muted" aria-hidden="true">{hour(now.value, language.value)}</span>
      <button type="button" class="quiet compact" onClick={switchSound}><Icon name={sound.value ? 'sound' : 'sound_off'} />{t(sound.value ? 'sound_on' : 'sound_off')}</button>
      <button type="button" class="quiet compact" onClick={() => void document.documentElement.requestFullscreen().catch(() => undefined)}><Icon name="screen" />{t('big')}</button>
    </>
  );
}

function Screen({ me }: { me: Me }): VNode {
  useEffect(start, []);
  const seen = wall.value;
  return (
    <>
      <Bar page="wall" me={me}><Live /></Bar>
      {!seen ? <p class="loading" role="status">{tc('loading')}</p> : (
        <main id="main" class={link.value === 'open' ? 'wall' : 'wall stale'}>
          <h1 class="unseen">{t('title')}</h1>
          <Alarms wall={seen} />
          <Totals wall={seen} />
          <div class="columns">
            <div class="stack"><Queues wall={seen} /><div class="pairs"><Lanes wall={seen} /><Channels wall={seen} /></div></div>
            <Agents wall={seen} />
          </div>
          <Report me={me} />
        </main>
      )}
      <Done />
      {asked.value && <Ask {...asked.value} />}
      {picked.value && <SetPresence key={picked.value.name} agent={picked.value} me={me} />}
    </>
  );
}

titled(() => `${t('title')} · HCTC`);
const root = document.getElementById('root');
if (root) {
  root.textContent = '';
  render(<Gate page="wall" role="supervisor">{(me) => <Screen me={me} />}</Gate>, root);
}
