// The right side: citizen and timeline, cases, notes, services.

import { signal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../parts/icons';
import { isSafeguarding, type ContactRecord, type Engagement } from '../parts/protocol';
import { moment } from '../parts/time';
import { queueNamed } from '../parts/queues';
import { language, now, say } from '../parts/ui';
import { Cases } from './cases';
import { addNote, failure, nameCitizen, record, startCrm, timeline } from './crm';
import { Services } from './services';
import { shown } from './store';
import { t } from './text';

const TABS = ['citizen', 'cases', 'notes', 'services'] as const;
type TabName = (typeof TABS)[number];
const open = signal<TabName>('citizen');

function Tabs(): VNode {
  const move = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const next = TABS[(TABS.indexOf(open.value) + step + TABS.length) % TABS.length] ?? 'citizen';
    open.value = next;
    document.getElementById(`side-${next}`)?.focus();
  };
  return (
    <div class="sidetabs" role="tablist" aria-label={t('side')} onKeyDown={move}>
      {TABS.map((name) => (
        <button key={name} type="button" role="tab" id={`side-${name}`} aria-selected={open.value === name} aria-controls="side-panel" tabIndex={open.value === name ? 0 : -1} onClick={() => (open.value = name)}>
          {t(`tab_${name}`)}
        </button>
      ))}
    </div>
  );
}

function History({ entries, current }: { entries: readonly ContactRecord[]; current: string }): VNode {
  const earlier = entries.filter((one) => one.contact !== current);
  if (earlier.length === 0) return <p class="muted small">{t('no_timeline')}</p>;
  return (
    <ol class="timeline">
      {earlier.map((one) => (
        <li key={one.contact}>
          <p class="small muted">{moment(one.arrived, now.value, language.value)}</p>
          <p><strong>{say(one.channel)}</strong> · {one.queue ? queueNamed(one.queue) : '–'}{one.disposition ? ` · ${say(one.disposition)}` : ''}</p>
          {one.notes[0] && <p class="small">{one.notes[0].text}</p>}
        </li>
      ))}
    </ol>
  );
}

function Name({ one }: { one: Engagement }): VNode {
  const known = record.value?.citizen?.name ?? one.citizen?.name ?? '';
  const [name, setName] = useState(known);
  useEffect(() => setName(known), [known, one.contact]);
  return (
    <form class="row tight end" onSubmit={(event) => { event.preventDefault(); if (name.trim() !== '') void nameCitizen(one.contact, name.trim()); }}>
      <div class="field grow">
        <label for="citizen-name">{t('name')}</label>
        <input id="citizen-name" value={name} maxLength={120} autocomplete="off" onInput={(event) => setName(event.currentTarget.value)} />
      </div>
      <button type="submit" disabled={name.trim() === '' || name.trim() === known}>{t('set_name')}</button>
    </form>
  );
}

function CitizenTab({ one }: { one: Engagement }): VNode {
  const secret = isSafeguarding(one.lane);
  const number = record.value?.citizen?.number ?? one.citizen?.number ?? null;
  return (
    <div class="stack">
      {secret && !one.citizen ? <p class="notice safe small">{t('confidential_unknown')}</p> : (
        <>
          {/* A name belongs to a number: without one there is nobody to name. */}
          {(one.citizen ?? record.value?.citizen) && <Name one={one} />}
          <dl class="pairs">
            <dt>{t('number')}</dt><dd class="figures">{number ?? t('no_number')}</dd>
            <dt>{t('contact_id')}</dt><dd><a href={`/records#contact/${one.contact}`} target="_blank" rel="noopener"><code class="small">…{one.contact.slice(-8)}</code></a></dd>
          </dl>
          <h3>{t('timeline')}</h3>
          <History entries={timeline.value?.timeline ?? []} current={one.contact} />
        </>
      )}
    </div>
  );
}

function NotesTab({ one }: { one: Engagement }): VNode {
  const [text, setText] = useState('');
  const [saved, setSaved] = useState(false);
  const notes = record.value?.notes ?? [];
  const add = async (): Promise<void> => {
    if (text.trim() === '' || !(await addNote(one.contact, text.trim()))) return;
    setText('');
    setSaved(true);
  };
  return (
    <div class="stack">
      <form class="stack" onSubmit={(event) => { event.preventDefault(); void add(); }}>
        <div class="field">
          <label for="side-note">{t('add_note')}</label>
          <textarea id="side-note" rows={3} value={text} maxLength={4000} onInput={(event) => { setText(event.currentTarget.value); setSaved(false); }} />
        </div>
        <div class="row"><button type="submit" disabled={text.trim() === ''}><Icon name="plus" />{t('add_note')}</button><span role="status" class="small">{saved && t('note_saved')}</span></div>
      </form>
      {notes.length === 0 ? <p class="muted small">{t('no_notes')}</p> : (
        <ol class="timeline">
          {notes.map((note) => <li key={`${note.at}-${note.by}`}><p class="small muted">{moment(note.at, now.value, language.value)} · {note.by}</p><p>{note.text}</p></li>)}
        </ol>
      )}
    </div>
  );
}

function Panel({ one }: { one: Engagement | undefined }): VNode {
  if (open.value === 'services') return <Services />;
  if (!one) return <p class="muted">{t('pick_contact')}</p>;
  if (open.value === 'cases') return <Cases key={one.contact} contact={one.contact} />;
  if (open.value === 'notes') return <NotesTab key={one.contact} one={one} />;
  return <CitizenTab one={one} />;
}

export function Side(): VNode {
  useEffect(startCrm, []);
  return (
    <aside class="side" aria-label={t('side')}>
      <Tabs />
      <div id="side-panel" role="tabpanel" aria-labelledby={`side-${open.value}`} class="sidepanel" tabIndex={0}>
        <div role="alert">{failure.value && <p class="notice bad small">{failure.value}</p>}</div>
        <Panel one={shown.value} />
      </div>
    </aside>
  );
}
