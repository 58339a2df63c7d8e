// Playing a recording: a reason first, then the bytes with our header, then the browser's own player
// on them. Nothing is offered for saving, and the bytes leave the page with this component.

import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { requestBytes, textOf } from '../parts/api';
import { Icon } from '../parts/icons';
import { t } from './store';

const SHORTEST_REASON = 5;
const JUMP_SECONDS = 5;

export function Player({ id }: { id: string }): VNode {
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [sound, setSound] = useState<{ url: string; complete: boolean } | null>(null);
  const audio = useRef<HTMLAudioElement>(null);

  useEffect(() => {
    if (sound) audio.current?.focus();
    return () => {
      if (sound) URL.revokeObjectURL(sound.url);
    };
  }, [sound]);

  const open = async (): Promise<void> => {
    if (reason.trim().length < SHORTEST_REASON) {
      setProblem(t('reason_short'));
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      const { blob, headers } = await requestBytes(`/api/recordings/${id}/play`, { reason: reason.trim() });
      setSound({ url: URL.createObjectURL(blob), complete: headers.get('X-Recording-Complete') !== 'false' });
    } catch (error) {
      setProblem(textOf(error));
    } finally {
      setBusy(false);
    }
  };

  const keys = (event: KeyboardEvent): void => {
    const player = audio.current;
    if (!player) return;
    if (event.key === ' ') void (player.paused ? player.play() : player.pause());
    else if (event.key === 'ArrowRight') player.currentTime += JUMP_SECONDS;
    else if (event.key === 'ArrowLeft') player.currentTime = Math.max(0, player.currentTime - JUMP_SECONDS);
    else return;
    event.preventDefault();
  };

  if (sound) {
    return (
      <div class="stack">
        {!sound.complete && <p class="notice warn" role="status">{t('incomplete')}</p>}
        <audio ref={audio} controls controlsList="nodownload noplaybackrate" preload="auto" src={sound.url} tabIndex={0} aria-label={t('player')} onKeyDown={keys} onContextMenu={(event) => event.preventDefault()} />
        <p class="muted small">{t('play_keys')}</p>
      </div>
    );
  }
  return (
    <form class="stack" onSubmit={(event) => { event.preventDefault(); void open(); }}>
      <div class="field">
        <label for="reason">{t('play_reason')}</label>
        <input id="reason" value={reason} maxLength={200} autocomplete="off" aria-describedby="reason-hint" onInput={(event) => setReason(event.currentTarget.value)} />
        <span class="hint" id="reason-hint">{t('play_reason_hint')}</span>
      </div>
      <div role="alert">{problem && <p class="notice bad small">{problem}</p>}</div>
      <div class="row"><button type="submit" disabled={busy}><Icon name="play" />{t(busy ? 'playing' : 'play')}</button></div>
    </form>
  );
}
