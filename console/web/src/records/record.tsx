// One record in full: figures, recording, transcript or messages, notes, cases.

import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from '../parts/icons';
import { ChannelMark, LaneMark, RiskMark } from '../parts/marks';
import type { ContactRecord, Me } from '../parts/protocol';
import { clock, hour, moment } from '../parts/time';
import { queueNamed } from '../parts/queues';
import { language, now, say, tongue } from '../parts/ui';
import { CaseList, ending, span } from './lists';
import { Player } from './player';
import { addNote, t } from './store';
import { Why } from './why';

function Part({ id, title, children }: { id: string; title: string; children: ComponentChildren }): VNode {
  return <section class="card" aria-labelledby={id}><header><h3 id={id}>{title}</h3></header><div class="body stack">{children}</div></section>;
}

function Facts({ one }: { one: ContactRecord }): VNode {
  const facts: [string, string][] = [
    [t('when'), moment(one.arrived, now.value, language.value)], [t('queue'), one.queue ? queueNamed(one.queue) : '–'], [t('agent'), one.agent ?? '–'], [t('language'), tongue(one.language)],
    [t('waited'), span(one.waited_ms)], [t('talked'), span(one.talked_ms)], [t('ended'), ending(one)], [t('disposition'), one.disposition ? say(one.disposition) : '–'],
  ];
  return <dl class="card factgrid">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd class="figures">{value}</dd></div>)}</dl>;
}

function RecordingPart({ one, me }: { one: ContactRecord; me: Me }): VNode {
  const { state, id, length_ms } = one.recording;
  const playable = id !== null && (state === 'kept' || state === 'incomplete' || (state === 'sealed' && me.roles.includes('dpo')));
  return (
    <Part id="recording" title={t('recording')}>
      <p class={state === 'incomplete' ? 'notice warn' : ''}>{t(`rec_${state}`, { length: span(length_ms) })}</p>
      {playable && (me.roles.includes('supervisor') || me.roles.includes('dpo') ? <Player id={id} /> : <p class="muted small">{t('supervisors_play')}</p>)}
    </Part>
  );
}

function TranscriptPart({ one }: { one: ContactRecord }): VNode | null {
  const transcript = one.transcript;
  if (!transcript || (transcript.state === 'none' && one.channel !== 'voice')) return null;
  return (
    <Part id="transcript" title={t('transcript')}>
      {transcript.state === 'done' ? (
        <ol class="script" lang={one.language ?? undefined}>
          {transcript.segments.map((segment) => <li key={`${segment.side}${segment.from_ms}`}><span class="muted small figures">{clock(segment.from_ms)} {say(segment.side)}</span><p>{segment.text}</p></li>)}
        </ol>
      ) : <p class={transcript.state === 'none' ? 'muted' : 'notice'}>{t(`tr_${transcript.state}`)}</p>}
    </Part>
  );
}

function MessagesPart({ one }: { one: ContactRecord }): VNode | null {
  const messages = one.messages ?? [];
  if (messages.length === 0) return null;
  return (
    <Part id="messages" title={t('messages')}>
      <ol class="script">{messages.map((line) => <li key={line.seq}><span class="muted small figures">{hour(line.at, language.value)} {say(line.from)}</span><p>{line.text}</p></li>)}</ol>
    </Part>
  );
}

function NotesPart({ one }: { one: ContactRecord }): VNode {
  const [text, setText] = useState('');
  const add = async (): Promise<void> => {
    if (text.trim() !== '' && (await addNote(one.contact, text.trim()))) setText('');
  };
  return (
    <Part id="notes" title={t('notes')}>
      {one.notes.length === 0 ? <p class="muted small">{t('no_notes')}</p> : (
        <ol class="script">{one.notes.map((note) => <li key={`${note.at}${note.by}`}><span class="muted small">{moment(note.at, now.value, language.value)} · {note.by}</span><p>{note.text}</p></li>)}</ol>
      )}
      <form class="row end" onSubmit={(event) => { event.preventDefault(); void add(); }}>
        <div class="field grow"><label class="unseen" for="note">{t('notes')}</label><input id="note" value={text} maxLength={4000} autocomplete="off" onInput={(event) => setText(event.currentTarget.value)} /></div>
        <button type="submit" disabled={text.trim() === ''} aria-label={t('notes')}><Icon name="plus" /></button>
      </form>
    </Part>
  );
}

export function Detail({ one, me }: { one: ContactRecord; me: Me }): VNode {
  return (
    <article class="stack" aria-labelledby="record">
      <header class="row">
        <h2 id="record" class="pagetitle">{one.citizen ? <a href={`#citizen/${one.citizen.id}`}>{one.citizen.name || one.citizen.number || t('unnamed')}</a> : t('record')}</h2>
        <ChannelMark channel={one.channel} /><LaneMark lane={one.lane} /><RiskMark risk={one.risk} />
        <code class="muted small">{one.contact}</code>
      </header>
      <Facts one={one} />
      <div class="detail">
        <div class="stack"><RecordingPart one={one} me={me} /><Part id="why" title={t('why')}><Why key={one.contact} one={one} /></Part><TranscriptPart one={one} /><MessagesPart one={one} /></div>
        <div class="stack"><NotesPart one={one} /><Part id="cases" title={t('cases')}><CaseList cases={one.cases} /></Part></div>
      </div>
    </article>
  );
}
