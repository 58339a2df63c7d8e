// Make confidential: one choice of lane, one of risk, one confirmation.

import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Dialog } from '../parts/dialog';
import { Icon } from '../parts/icons';
import type { Lane, Risk } from '../parts/protocol';
import { say, tc } from '../parts/ui';
import { dialog, send, shown } from './store';
import { t } from './text';

const LANES: readonly Lane[] = ['gbv', 'child', 'mental_health'];
const RISKS: readonly Risk[] = ['P0', 'P1', 'P2', 'P3'];

function Choice<T extends string>({ name, legend, options, value, set }: { name: string; legend: string; options: readonly T[]; value: T | null; set(value: T): void }): VNode {
  return (
    <fieldset>
      <legend class="label">{legend}</legend>
      <div class="choices">
        {options.map((option) => (
          <label key={option} class="check choice">
            <input type="radio" name={name} value={option} checked={value === option} onChange={() => set(option)} />
            {say(option)}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export function Confidential(): VNode {
  const [contact] = useState(() => shown.peek()?.contact ?? null);
  const [lane, setLane] = useState<Lane | null>(null);
  // Nothing known means high: risk may be raised by one person, lowered only by two.
  const [risk, setRisk] = useState<Risk>('P1');
  const close = (): void => void (dialog.value = null);
  const confirm = (): void => {
    if (contact && lane) send({ t: 'confidential', contact, lane, risk });
    close();
  };
  return (
    <Dialog title={t('make_confidential')} onClose={close} footer={
      <>
        <button type="button" onClick={close}>{tc('cancel')}</button>
        <button type="button" class="safe strong" disabled={lane === null} onClick={confirm}><Icon name="shield" />{t('confirm_confidential')}</button>
      </>
    }>
      <p class="notice safe">{t('confidential_text')}</p>
      <Choice name="lane" legend={t('lane')} options={LANES} value={lane} set={(one) => setLane(one)} />
      <Choice name="risk" legend={t('risk')} options={RISKS} value={risk} set={(one) => setRisk(one)} />
    </Dialog>
  );
}
