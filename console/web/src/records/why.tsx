// Why a contact went as it did: its story, line by line, as the journal tells it.

import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { request, textOf } from '../parts/api';
import { isSafeguarding, type ContactRecord, type Told } from '../parts/protocol';
import { day, moment, second } from '../parts/time';
import { language, now, tc } from '../parts/ui';
import { t } from './store';

type Story = { is: 'loading' } | { is: 'told'; lines: readonly Told[] } | { is: 'failed'; error: unknown };

function Line({ line, first }: { line: Told; first: number }): VNode {
  const date = day(line.at, now.value, language.value);
  const other = date !== day(first, now.value, language.value);
  return (
    <li>
      <time class="muted small figures" dateTime={new Date(line.at).toISOString()} title={moment(line.at, now.value, language.value)}>{other && `${date}, `}{second(line.at, language.value)}</time>
      <p>{line[language.value]}</p>
    </li>
  );
}

export function Why({ one }: { one: ContactRecord }): VNode {
  // A confidential story is audited, so nobody opens it by passing by.
  const [wanted, setWanted] = useState(!isSafeguarding(one.lane));
  const [attempt, setAttempt] = useState(0);
  const [story, setStory] = useState<Story>({ is: 'loading' });
  useEffect(() => {
    if (!wanted) return undefined;
    let left = false;
    const put = (next: Story): void => {
      if (!left) setStory(next);
    };
    put({ is: 'loading' });
    request<Told[]>('GET', `/api/crm/contacts/${one.contact}/why`).then((lines) => put({ is: 'told', lines }), (error: unknown) => put({ is: 'failed', error }));
    return () => void (left = true);
  }, [one.contact, wanted, attempt]);

  if (!wanted) {
    return (
      <div class="row spread">
        <p class="muted small grow">{t('why_audited')}</p>
        <button type="button" class="compact" onClick={() => setWanted(true)}>{t('why_open')}</button>
      </div>
    );
  }
  return (
    <div class="stack" aria-live="polite" aria-busy={story.is === 'loading'}>
      {story.is === 'loading' && <p class="muted">{tc('loading')}</p>}
      {story.is === 'failed' && (
        <p class="notice bad row spread"><span>{textOf(story.error)}</span><button type="button" class="compact" onClick={() => setAttempt(attempt + 1)}>{t('why_again')}</button></p>
      )}
      {story.is === 'told' && (story.lines.length === 0 ? <p class="muted small">{t('why_none')}</p> : (
        <ol class="script story">{story.lines.map((line, index) => <Line key={index} line={line} first={one.arrived} />)}</ol>
      ))}
    </div>
  );
}
