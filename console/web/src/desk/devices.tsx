// Desk phones: a SIP log-in each, whose secret is shown once.

import { signal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { request, textOf } from '../parts/api';
import { Dialog } from '../parts/dialog';
import { Icon } from '../parts/icons';
import type { DeskPhone, NewDeskPhone } from '../parts/protocol';
import { dialog } from './store';
import { t } from './text';

const phones = signal<readonly DeskPhone[]>([]);
const made = signal<NewDeskPhone | null>(null);
const failure = signal<string | null>(null);
const copied = signal(false);

async function load(): Promise<void> {
  try {
    phones.value = await request<DeskPhone[]>('GET', '/api/desk/devices');
    failure.value = null;
  } catch (error) {
    failure.value = textOf(error);
  }
}

async function create(form: HTMLFormElement): Promise<void> {
  const label = String(new FormData(form).get('label') ?? '').trim();
  if (label === '') {
    form.querySelector('input')?.focus();
    return;
  }
  try {
    made.value = await request<NewDeskPhone>('POST', '/api/desk/devices', { label });
    copied.value = false;
    form.reset();
    await load();
  } catch (error) {
    failure.value = textOf(error);
  }
}

async function remove(user: string): Promise<void> {
  try {
    await request('DELETE', `/api/desk/devices/${encodeURIComponent(user)}`);
    if (made.value?.user === user) made.value = null;
    await load();
  } catch (error) {
    failure.value = textOf(error);
  }
}

function Made({ phone }: { phone: NewDeskPhone }): VNode {
  const copy = (): void => void navigator.clipboard?.writeText(phone.secret).then(() => (copied.value = true), () => undefined);
  return (
    <div class="notice good stack" role="status">
      <p>{t('device_made')}</p>
      <dl class="pairs">
        <dt>{t('device_user')}</dt><dd><code>{phone.user}</code></dd>
        <dt>{t('device_secret')}</dt><dd class="row"><code>{phone.secret}</code><button type="button" class="compact" onClick={copy}>{t(copied.value ? 'copied' : 'copy')}</button></dd>
        <dt>{t('device_registrar')}</dt><dd><code>{phone.registrar}</code></dd>
      </dl>
    </div>
  );
}

export function Devices(): VNode {
  useEffect(() => {
    void load();
    // The secret leaves the page with the dialog.
    return () => void (made.value = null);
  }, []);
  return (
    <Dialog title={t('devices')} onClose={() => (dialog.value = null)}>
      <p class="muted">{t('devices_lead')}</p>
      <div role="alert">{failure.value && <p class="notice bad">{failure.value}</p>}</div>
      {made.value && <Made phone={made.value} />}
      {phones.value.length === 0 ? <p class="muted small">{t('no_devices')}</p> : (
        <ul class="plain">
          {phones.value.map((one) => (
            <li key={one.user} class="row spread">
              <span class="row"><Icon name="deskphone" /><strong>{one.label}</strong> <code class="small muted">{one.user}</code>
                {one.registered !== undefined && <span class={one.registered ? 'tag good' : 'tag'}>{t(one.registered ? 'registered' : 'not_registered')}</span>}</span>
              <button type="button" class="compact" aria-label={`${t('remove')}: ${one.label}`} onClick={() => void remove(one.user)}>{t('remove')}</button>
            </li>
          ))}
        </ul>
      )}
      <form class="row end" onSubmit={(event) => { event.preventDefault(); void create(event.currentTarget); }}>
        <div class="field grow">
          <label for="device-label">{t('device_label')}</label>
          <input id="device-label" name="label" maxLength={64} placeholder={t('device_label_hint')} autocomplete="off" />
        </div>
        <button type="submit"><Icon name="plus" />{t('create_device')}</button>
      </form>
    </Dialog>
  );
}
