// Log-in, and the gate every staff screen stands behind.

import { signal } from '@preact/signals';
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import * as en from '../messages/en';
import * as sw from '../messages/sw';
import { RequestError, request, textOf } from './api';
import { Bar } from './bar';
import { Icon } from './icons';
import type { Me, Role } from './protocol';
import { lookup } from './texts';
import { clock } from './time';
import { currentLanguage, tc } from './ui';

const t = lookup({ sw: sw.login, en: en.login }, currentLanguage);

/** Who is logged in; `undefined` until the server said. */
export const me = signal<Me | null | undefined>(undefined);
const ended = signal(false);

/** Asks who is logged in. A dead network leaves the answer open and is tried again. */
export async function whoAmI(): Promise<void> {
  try {
    me.value = await request<Me>('GET', '/api/me');
    ended.value = false;
  } catch (error) {
    if (error instanceof RequestError && error.status === 401) {
      ended.value = Boolean(me.value);
      me.value = null;
    } else {
      setTimeout(() => void whoAmI(), 3000);
    }
  }
}

type Field = 'name' | 'password' | 'code';
const mistakes = signal<Partial<Record<Field, keyof typeof sw.login>>>({});
const failure = signal<(() => string) | null>(null);
const busy = signal(false);

function check(values: Record<Field, string>): Partial<Record<Field, keyof typeof sw.login>> {
  const found: Partial<Record<Field, keyof typeof sw.login>> = {};
  if (values.name === '') found.name = 'missing_name';
  if (values.password === '') found.password = 'missing_password';
  if (!/^\d{6}$/.test(values.code)) found.code = 'bad_code';
  return found;
}

function explain(error: unknown): () => string {
  if (!(error instanceof RequestError)) return () => textOf(error);
  if (error.status === 429 && error.retrySeconds !== null) {
    const wait = clock(error.retrySeconds * 1000);
    return () => t('too_many', { wait });
  }
  return error.status === 401 ? () => t('wrong') : () => error.text;
}

async function enter(form: HTMLFormElement): Promise<void> {
  const data = new FormData(form);
  const read = (field: Field): string => String(data.get(field) ?? '');
  const values = { name: read('name').trim(), password: read('password'), code: read('code').replace(/\s/g, '') };
  mistakes.value = check(values);
  failure.value = null;
  const first = (['name', 'password', 'code'] as const).find((field) => mistakes.value[field]);
  if (first) {
    form.querySelector<HTMLInputElement>(`[name=${first}]`)?.focus();
    return;
  }
  busy.value = true;
  try {
    const who = await request<Me>('POST', '/api/login', values);
    // Whoever comes after a session that ended here must not find what it left on the page.
    if (ended.value) location.reload();
    else me.value = who;
  } catch (error) {
    failure.value = explain(error);
    const code = form.querySelector<HTMLInputElement>('[name=code]');
    if (code) code.value = '';
    code?.focus();
  } finally {
    busy.value = false;
  }
}

function Input({ field, hint, kind, autocomplete }: { field: Field; hint?: string; kind: 'text' | 'password' | 'code'; autocomplete: string }): VNode {
  const mistake = mistakes.value[field];
  const described = [hint ? `${field}-hint` : '', mistake ? `${field}-mistake` : ''].join(' ').trim();
  return (
    <div class="field">
      <label for={field}>{t(field)}</label>
      <input id={field} name={field} type={(kind === 'password' ? 'password' : 'text') as 'text'} inputMode={kind === 'code' ? 'numeric' : undefined} class={kind === 'code' ? 'code-input' : undefined}
        autocomplete={autocomplete} spellcheck={false} autocapitalize="none" aria-invalid={mistake ? 'true' : undefined} aria-describedby={described || undefined} />
      {hint && <span class="hint" id={`${field}-hint`}>{hint}</span>}
      {mistake && <span class="notice bad small" id={`${field}-mistake`}>{t(mistake)}</span>}
    </div>
  );
}

export function LogIn(): VNode {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector('input')?.focus(), []);
  return (
    <main id="main" class="door">
      <form ref={form} class="card" noValidate onSubmit={(event) => { event.preventDefault(); void enter(event.currentTarget); }}>
        <div>
          <h1>{t('title')}</h1>
          <p class="muted">{t('lead')}</p>
        </div>
        {ended.value && <p class="notice warn" role="status">{tc('session_over')}</p>}
        <div role="alert">{failure.value && <p class="notice bad"><Icon name="alert" /> {failure.value()}</p>}</div>
        <Input field="name" kind="text" autocomplete="username" />
        <Input field="password" kind="password" autocomplete="current-password" />
        <Input field="code" kind="code" autocomplete="one-time-code" hint={t('code_hint')} />
        <button type="submit" class="primary" disabled={busy.value}>{t(busy.value ? 'entering' : 'enter')}</button>
      </form>
    </main>
  );
}

export interface GateProps { page: 'desk' | 'wall' | 'records'; role: Role | null; children: (me: Me) => ComponentChildren }

/** Shows the screen to whoever may see it, the log-in form or the reason otherwise. */
export function Gate({ page, role, children }: GateProps): VNode {
  useEffect(() => void whoAmI(), []);
  const who = me.value;
  if (who === undefined) return <p class="loading" role="status">{tc('loading')}</p>;
  if (who && (role === null || who.roles.includes(role))) return <>{children(who)}</>;
  return (
    <>
      <Bar page={page} me={who} />
      {who === null ? <LogIn /> : <main id="main" class="door"><p class="notice warn">{tc('no_right')}</p></main>}
    </>
  );
}
