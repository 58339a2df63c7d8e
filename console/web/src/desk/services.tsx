// Search in the catalogue of services (Annex 1).

import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Service } from '../parts/protocol';
import { say } from '../parts/ui';
import { findServices } from './crm';
import { t } from './text';

/** Waits for a pause in typing before asking the server. */
const PAUSE = 250;

/** The services matching what is typed; an answer that comes late for older words is dropped. */
export function useServices(query: string): readonly Service[] | null {
  const [found, setFound] = useState<readonly Service[] | null>(null);
  useEffect(() => {
    let stale = false;
    if (query.trim() === '') {
      setFound(null);
      return;
    }
    const timer = setTimeout(() => void findServices(query.trim()).then((list) => !stale && setFound(list)), PAUSE);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [query]);
  return found;
}

export function Services(): VNode {
  const [query, setQuery] = useState('');
  const found = useServices(query);
  return (
    <div class="stack">
      <div class="field">
        <label for="service-query">{t('search_services')}</label>
        <input id="service-query" type="search" value={query} autocomplete="off" onInput={(event) => setQuery(event.currentTarget.value)} />
      </div>
      <div role="status">{found?.length === 0 && <p class="muted small">{t('no_services')}</p>}</div>
      <ul class="plain services">
        {(found ?? []).slice(0, 30).map((one) => (
          <li key={one.id}><p><strong>{one.service}</strong></p><p class="small muted">{one.institution}</p><span class={one.status === 'online' ? 'tag good' : 'tag'}>{say(one.status)}</span></li>
        ))}
      </ul>
    </div>
  );
}
