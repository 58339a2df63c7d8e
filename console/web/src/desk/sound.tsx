// The sound check: which microphone, which loudspeaker, and do both work.

import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Dialog } from '../parts/dialog';
import { Icon } from '../parts/icons';
import { chooseInput, chooseOutput, inputId, inputs, meter, mic, openMicrophone, outputId, outputs } from '../parts/microphone';
import { dialog } from './store';
import { t } from './text';
import { ringVolume, setRingVolume, testTone } from './tones';

function Level(): VNode {
  const [level, setLevel] = useState(0);
  useEffect(() => {
    let stop = (): void => undefined;
    let gone = false;
    void openMicrophone().then((stream) => {
      if (stream && !gone) stop = meter(stream, setLevel);
    });
    return () => {
      gone = true;
      stop();
    };
  }, [inputId.value]);
  const shown = Math.round(level * 100);
  return (
    <div class="field">
      <span class="label" id="level-label">{t('level')}</span>
      <div class="meter" role="meter" aria-labelledby="level-label" aria-valuemin={0} aria-valuemax={100} aria-valuenow={shown}>
        <div class="fill" style={{ width: `${shown}%` }} />
      </div>
    </div>
  );
}

function Devices({ id, label, list, value, set }: { id: string; label: string; list: readonly MediaDeviceInfo[]; value: string; set(id: string): void }): VNode {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => set(event.currentTarget.value)}>
        <option value="">{t('default_device')}</option>
        {list.filter((one) => one.deviceId !== '' && one.deviceId !== 'default').map((one) => <option key={one.deviceId} value={one.deviceId}>{one.label || one.deviceId.slice(0, 8)}</option>)}
      </select>
    </div>
  );
}

export function SoundCheck(): VNode {
  const close = (): void => void (dialog.value = null);
  const on = mic.value === 'on';
  const failure = ['denied', 'missing', 'busy', 'insecure'].includes(mic.value) ? (mic.value as 'denied' | 'missing' | 'busy' | 'insecure') : null;
  return (
    <Dialog title={t('sound_title')} onClose={close} footer={<button type="button" class="primary" disabled={!on} onClick={close}><Icon name="check" />{t('done')}</button>}>
      <p class="muted">{t('sound_lead')}</p>
      <div role="alert">{failure && <p class="notice bad">{t(`mic_${failure}`)}</p>}</div>
      {on ? (
        <>
          <Devices id="mic" label={t('mic')} list={inputs.value} value={inputId.value} set={(id) => void chooseInput(id)} />
          <Level />
        </>
      ) : (
        <button type="button" class="primary" onClick={() => void openMicrophone()}><Icon name="mic" />{t('allow_mic')}</button>
      )}
      {outputs.value.length > 0 && <Devices id="speaker" label={t('speaker')} list={outputs.value} value={outputId.value} set={chooseOutput} />}
      <div class="row">
        <button type="button" onClick={() => void testTone()}><Icon name="sound" />{t('test_tone')}</button>
        <label class="row tight grow" for="ring-volume"><span>{t('ring_volume')}</span>
          <input id="ring-volume" type="range" min="0.1" max="1" step="0.1" value={ringVolume.value} onInput={(event) => setRingVolume(Number(event.currentTarget.value))} />
        </label>
      </div>
    </Dialog>
  );
}
