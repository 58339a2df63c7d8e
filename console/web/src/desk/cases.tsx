// Cases of the contact and its citizen, and opening a new one.

import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from '../parts/icons';
import { serviceText, type Case } from '../parts/protocol';
import { day } from '../parts/time';
import { language, now, say } from '../parts/ui';
import { openCase, record, timeline } from './crm';
import { useServices } from './services';
import { t } from './text';

const KINDS = ['inquiry', 'complaint', 'update', 'compliment'] as const;

export function CaseLine({ one }: { one: Case }): VNode {
  return (
    <li>
      <p class="row spread"><strong class="figures">{one.reference}</strong><span class={one.state === 'open' ? 'tag good' : 'tag'}>{say(one.state)}</span></p>
      <p>{one.title}</p>
      <p class="small muted">{say(one.kind)}{serviceText(one)}{one.due !== null ? ` · ${t('due', { date: day(one.due, now.value, language.value) })}` : ''}</p>
    </li>
  );
}

function NewCase({ contact }: { contact: string }): VNode {
  const [title, setTitle] = useState('');
  const [kind, setKind] = useState<string>('inquiry');
  const [service, setService] = useState('');
  const [missing, setMissing] = useState(false);
  const [opened, setOpened] = useState<string | null>(null);
  const matching = useServices(service);
  const submit = async (): Promise<void> => {
    setMissing(title.trim() === '');
    if (title.trim() === '') return;
    const picked = matching?.find((one) => one.service === service);
    const made = await openCase(contact, { kind, title: title.trim(), ...(picked ? { service: picked.id } : {}) });
    if (!made) return;
    setOpened(made.reference);
    setTitle('');
    setService('');
  };
  return (
    <form class="stack" aria-label={t('new_case')} onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      <h3>{t('new_case')}</h3>
      <div role="status">{opened && <p class="notice good">{t('case_opened', { reference: opened })}</p>}</div>
      <div class="field">
        <label for="case-title">{t('case_title')}</label>
        <input id="case-title" value={title} maxLength={160} autocomplete="off" aria-invalid={missing || undefined} onInput={(event) => setTitle(event.currentTarget.value)} />
        {missing && <span class="notice bad small" role="alert">{t('missing_title')}</span>}
      </div>
      <div class="row tight pair">
        <div class="field">
          <label for="case-kind">{t('kind')}</label>
          <select id="case-kind" value={kind} onChange={(event) => setKind(event.currentTarget.value)}>
            {KINDS.map((one) => <option key={one} value={one}>{say(one)}</option>)}
          </select>
        </div>
        <div class="field grow">
          <label for="case-service">{t('service')}</label>
          <input id="case-service" list="case-services" value={service} autocomplete="off" onInput={(event) => setService(event.currentTarget.value)} />
          <datalist id="case-services">{(matching ?? []).slice(0, 20).map((one) => <option key={one.id} value={one.service}>{one.institution}</option>)}</datalist>
        </div>
      </div>
      <div class="row"><button type="submit"><Icon name="plus" />{t('open_case')}</button></div>
    </form>
  );
}

export function Cases({ contact }: { contact: string }): VNode {
  const all = new Map<string, Case>();
  for (const one of [...(timeline.value?.cases ?? []), ...(record.value?.cases ?? [])]) all.set(one.reference, one);
  return (
    <div class="stack wide">
      {all.size === 0 ? <p class="muted small">{t('no_cases')}</p> : <ul class="plain">{[...all.values()].map((one) => <CaseLine key={one.reference} one={one} />)}</ul>}
      <NewCase contact={contact} />
    </div>
  );
}
