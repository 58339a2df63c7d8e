// The audit log, for the data-protection officer and administrators.

import { signal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { request, textOf } from '../parts/api';
import { Icon } from '../parts/icons';
import type { AuditLine } from '../parts/protocol';
import { moment } from '../parts/time';
import { language, now, tc } from '../parts/ui';
import { failure, t } from './store';

interface Page { lines: AuditLine[]; intact: boolean }

const lines = signal<readonly AuditLine[] | null>(null);
const intact = signal(true);
const more = signal(false);

async function load(after: number): Promise<void> {
  try {
    const page = await request<Page>('GET', `/api/audit?after=${after}`);
    lines.value = after === 0 ? page.lines : [...(lines.peek() ?? []), ...page.lines];
    intact.value = page.intact;
    more.value = page.lines.length > 0;
  } catch (error) {
    failure.value = textOf(error);
  }
}

export function Audit(): VNode {
  useEffect(() => void load(0), []);
  if (!lines.value) return <p class="loading" role="status">{tc('loading')}</p>;
  return (
    <section class="stack">
      <h2>{t('audit')}</h2>
      <p class={intact.value ? 'notice good row' : 'notice bad row'} role={intact.value ? undefined : 'alert'}><Icon name={intact.value ? 'check' : 'alert'} />{t(intact.value ? 'audit_intact' : 'audit_broken')}</p>
      <div class="card scroll" tabIndex={0} role="region" aria-label={t('audit')}>
        <table>
          <thead><tr><th scope="col" class="number">#</th><th scope="col">{t('when')}</th><th scope="col">{t('audit_who')}</th><th scope="col">{t('audit_what')}</th><th scope="col">{t('record')}</th><th scope="col">{t('audit_reason')}</th></tr></thead>
          <tbody>
            {lines.value.map((line) => (
              <tr key={line.seq}><td class="number">{line.seq}</td><td>{moment(line.at, now.value, language.value)}</td><td>{line.who}</td><td>{line.what}</td><td>{line.contact ? <code class="small">…{line.contact.slice(-8)}</code> : '–'}</td><td>{line.reason ?? '–'}</td></tr>
            ))}
          </tbody>
        </table>
      </div>
      {more.value && <div class="row"><button type="button" onClick={() => void load(lines.value?.at(-1)?.seq ?? 0)}>{t('more')}</button></div>}
    </section>
  );
}
