// Lists: records, found citizens and cases, one citizen's timeline.

import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from '../parts/icons';
import { ChannelMark, LaneMark, RiskMark } from '../parts/marks';
import { serviceText, type Case, type ContactRecord, type Found, type Timeline } from '../parts/protocol';
import { clock, day, moment } from '../parts/time';
import { queueNamed } from '../parts/queues';
import { language, now, say, tc } from '../parts/ui';
import { setCaseState, t } from './store';

export function span(millis: number | null): string {
  return millis === null ? '–' : clock(millis);
}

export function ending(one: ContactRecord): string {
  return one.ended ? t('ended_by', { by: say(one.ended.by), cause: say(one.ended.cause).toLowerCase() }) : t('still_on');
}

export function Table({ list, label }: { list: readonly ContactRecord[]; label: string }): VNode {
  if (list.length === 0) return <p class="muted">{t('nothing')}</p>;
  return (
    <div class="card scroll" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr><th scope="col">{t('when')}</th><th scope="col">{t('channel')}</th><th scope="col">{t('lane')}</th><th scope="col">{t('queue')}</th><th scope="col">{t('agent')}</th><th scope="col" class="number">{t('waited')}</th><th scope="col" class="number">{t('talked')}</th><th scope="col">{t('disposition')}</th></tr>
        </thead>
        <tbody>
          {list.map((one) => (
            <tr key={one.contact}>
              <th scope="row"><a href={`#contact/${one.contact}`}>{moment(one.arrived, now.value, language.value)}</a></th>
              <td><ChannelMark channel={one.channel} /></td>
              <td><span class="row tight"><LaneMark lane={one.lane} /><RiskMark risk={one.risk} /></span></td>
              <td>{one.queue ? queueNamed(one.queue) : '–'}</td>
              <td>{one.agent ?? '–'}</td>
              <td class="number">{span(one.waited_ms)}</td>
              <td class="number">{span(one.talked_ms)}</td>
              <td>{one.disposition ? say(one.disposition) : <span class="muted">{ending(one)}</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const STATES = ['open', 'pending', 'resolved', 'closed'] as const;

function ChangeState({ one, done }: { one: Case; done(): void }): VNode {
  const [state, setState] = useState(one.state);
  const [note, setNote] = useState('');
  const submit = async (): Promise<void> => {
    if (await setCaseState(one.reference, state, note.trim())) done();
  };
  return (
    <form class="row end" onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      <div class="field"><label for={`state-${one.reference}`}>{t('change_state')}</label>
        <select id={`state-${one.reference}`} value={state} onChange={(event) => setState(event.currentTarget.value)}>{STATES.map((name) => <option key={name} value={name}>{say(name)}</option>)}</select>
      </div>
      <div class="field grow"><label for={`why-${one.reference}`}>{t('state_note')}</label><input id={`why-${one.reference}`} value={note} maxLength={400} autocomplete="off" onInput={(event) => setNote(event.currentTarget.value)} /></div>
      <button type="submit" disabled={state === one.state}>{tc('save')}</button>
    </form>
  );
}

export function CaseItem({ one }: { one: Case }): VNode {
  const [changing, setChanging] = useState(false);
  return (
    <li class="stack">
      <div class="row tight"><strong class="figures ref">{one.reference}</strong><span class={one.state === 'open' ? 'tag good' : 'tag'}>{say(one.state)}</span>
        <span class="grow">{one.title}</span>
        <button type="button" class="compact quiet" aria-expanded={changing} aria-label={`${t('change_state')}: ${one.reference}`} onClick={() => setChanging(!changing)}>{t('change_state')}</button>
      </div>
      <p class="small muted">{say(one.kind)}{serviceText(one)} · {moment(one.opened, now.value, language.value)}{one.due !== null ? ` → ${day(one.due, now.value, language.value)}` : ''}</p>
      {changing && <ChangeState one={one} done={() => setChanging(false)} />}
    </li>
  );
}

export function CaseList({ cases }: { cases: readonly Case[] }): VNode {
  if (cases.length === 0) return <p class="muted small">{t('no_cases')}</p>;
  return <ul class="plain">{cases.map((one) => <CaseItem key={one.reference} one={one} />)}</ul>;
}

export function Results({ found }: { found: Found }): VNode {
  const empty = found.citizens.length === 0 && found.cases.length === 0;
  return (
    <div class="stack wide">
      <div role="status">{empty && <p class="notice">{t('nothing')}</p>}</div>
      {found.citizens.length > 0 && (
        <section class="card" aria-labelledby="found-citizens">
          <header><h2 id="found-citizens">{t('citizens')}</h2></header>
          <ul class="links">
            {found.citizens.map((one) => (
              <li key={one.id}><a href={`#citizen/${one.id}`}><Icon name="person" /><strong>{one.name || t('unnamed')}</strong><span class="figures">{one.number ?? ''}</span><span class="muted small">{t('contacts_n', { n: one.contacts })}</span></a></li>
            ))}
          </ul>
        </section>
      )}
      {found.cases.length > 0 && (
        <section class="card" aria-labelledby="found-cases">
          <header><h2 id="found-cases">{t('cases')}</h2></header>
          <div class="body"><CaseList cases={found.cases} /></div>
        </section>
      )}
    </div>
  );
}

export function Citizen({ one }: { one: Timeline }): VNode {
  return (
    <div class="stack wide">
      <header>
        <h2 class="pagetitle">{t('timeline', { name: one.name || t('unnamed') })}</h2>
        <p class="muted figures">{one.number ?? ''}</p>
      </header>
      <section class="card" aria-labelledby="citizen-cases"><header><h3 id="citizen-cases">{t('cases')}</h3></header><div class="body"><CaseList cases={one.cases} /></div></section>
      <Table list={one.timeline} label={t('contacts')} />
    </div>
  );
}
