// Records: search, a citizen's timeline, what came lately, and one record in full.

import { render, type VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Bar } from '../parts/bar';
import { Icon } from '../parts/icons';
import { Gate } from '../parts/login';
import type { Me } from '../parts/protocol';
import { tc, titled } from '../parts/ui';
import { Audit } from './audit';
import { Citizen, Results, Table } from './lists';
import { Detail } from './record';
import { failure, found, place, recent, record, search, searched, start, t, timeline } from './store';

function Search(): VNode {
  const [text, setText] = useState(searched.value);
  return (
    <form class="searchbar" role="search" onSubmit={(event) => { event.preventDefault(); void search(text); }}>
      <label class="unseen" for="query">{t('search_hint')}</label>
      <input id="query" type="search" value={text} maxLength={120} autocomplete="off" placeholder={t('search_hint')} onInput={(event) => setText(event.currentTarget.value)} />
      <button type="submit" class="primary"><Icon name="search" />{t('search')}</button>
    </form>
  );
}

function worksWith(me: Me): boolean {
  return me.roles.includes('agent') || me.roles.includes('supervisor');
}

function Place({ me }: { me: Me }): VNode {
  const loading = failure.value ? <></> : <p class="loading" role="status">{tc('loading')}</p>;
  switch (place.value.at) {
    case 'contact': return record.value ? <Detail key={record.value.contact} one={record.value} me={me} /> : loading;
    case 'citizen': return timeline.value ? <Citizen one={timeline.value} /> : loading;
    case 'audit': return <Audit />;
    default:
      // Who audits and does not work with citizens' matters has only the log to read.
      if (!worksWith(me)) return <Audit />;
      if (found.value) return <Results found={found.value} />;
      return recent.value ? <section class="stack"><h2>{t('recent')}</h2><Table list={recent.value} label={t('recent')} /></section> : loading;
  }
}

function Records({ me }: { me: Me }): VNode {
  useEffect(() => start(worksWith(me)), []);
  const auditor = me.roles.includes('dpo');
  const inside = place.value.at !== 'recent' || found.value !== null;
  const back = (): void => {
    if (place.value.at === 'recent') found.value = null;
    else history.back();
  };
  return (
    <>
      <Bar page="records" me={me}>{auditor && <a class="button quiet compact" href="#audit">{t('audit')}</a>}</Bar>
      <main id="main" class="records">
        <h1 class="unseen">{t('title')}</h1>
        <div class="row tight head">
          {inside && <button type="button" class="quiet" onClick={back}><Icon name="back" />{t('back')}</button>}
          {worksWith(me) && <Search />}
        </div>
        <div role="alert">{failure.value && <p class="notice bad">{failure.value}</p>}</div>
        <Place me={me} />
      </main>
    </>
  );
}

titled(() => `${t('title')} · HCTC`);
const root = document.getElementById('root');
if (root) {
  root.textContent = '';
  render(<Gate page="records" role={null}>{(me) => <Records me={me} />}</Gate>, root);
}
