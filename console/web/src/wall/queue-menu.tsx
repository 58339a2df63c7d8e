// Opening and closing a queue by hand, and its surge: a menu in its row, and one question.

import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Dialog } from '../parts/dialog';
import { Icon } from '../parts/icons';
import { Menu } from '../parts/menu';
import type { WallQueue } from '../parts/protocol';
import { laneOf } from '../parts/queues';
import { language, now, tc } from '../parts/ui';
import { asked, confirmAsked, done, failure, t } from './store';
import { actionsFor, type QueueAction } from './switches';

/** How long it is told that something was done. */
const TOLD_FOR = 10_000;

export function QueueMenu({ queue }: { queue: WallQueue }): VNode {
  const items = actionsFor(queue, laneOf(queue.queue)).map((action) => ({ key: action, text: t(`do_${action}`), run: () => void (asked.value = { queue, action }) }));
  return <Menu label={t('manage', { queue: queue.shown_as[language.value] })} icon="more" items={items} end />;
}

/** What is unusual about a queue: switched by hand, closed, or with surge. */
export function QueueState({ queue }: { queue: WallQueue }): VNode | null {
  const byHand = queue.switch === 'open' || queue.switch === 'closed' ? queue.switch : null;
  const shut = byHand === null && queue.open === false;
  if (!byHand && !shut && !queue.surge) return null;
  return (
    <span class="row states">
      {byHand && <span class={byHand === 'closed' ? 'tag warn' : 'tag good'}>{t(`is_${byHand}`)}</span>}
      {shut && <span class="tag">{t('is_shut')}</span>}
      {queue.surge && <span class="tag special">{t('is_surge')}</span>}
    </span>
  );
}

export function Ask({ queue, action }: { queue: WallQueue; action: QueueAction }): VNode {
  const yes = useRef<HTMLButtonElement>(null);
  useEffect(() => yes.current?.focus(), []);
  const close = (): void => {
    failure.value = null;
    asked.value = null;
  };
  return (
    <Dialog title={t(`ask_${action}`, { queue: queue.shown_as[language.value] })} onClose={close} footer={
      <>
        <button type="button" onClick={close}>{tc('cancel')}</button>
        <button ref={yes} type="button" class={action === 'closed' ? 'danger' : 'primary'} onClick={() => void confirmAsked()}>{t(`do_${action}`)}</button>
      </>
    }>
      <div role="alert">{failure.value && <p class="notice bad">{failure.value}</p>}</div>
      <p>{t(`text_${action}`)}</p>
    </Dialog>
  );
}

export function Done(): VNode {
  const what = done.value;
  const fresh = what !== null && now.value - what.at < TOLD_FOR;
  return (
    <div role="status" class="toasts">
      {fresh && <p class="notice good row"><Icon name="check" />{t(`done_${what.action}`, { queue: what.queue.shown_as[language.value] })}</p>}
    </div>
  );
}
