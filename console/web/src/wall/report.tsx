// The figures of a day by quarter-hour, with a day picker, and the same as a file. What may not be
// told (small counts) the server leaves out; here it shows as a dot that says so.

import { effect, signal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { request, requestText, textOf } from '../parts/api';
import { recall, remember } from '../parts/memory';
import type { Figures, FigureRow, Me } from '../parts/protocol';
import { hour } from '../parts/time';
import { language, now, say, serverNow } from '../parts/ui';
import { cellText, COLUMNS, dayOf, keysOf, nameOf, rowsOf, type Kind } from './figures';
import { t } from './store';

const KINDS: readonly Kind[] = ['queue', 'lane', 'channel', 'tenant', 'agent'];
/** How often today is asked for again. */
const REFRESH = 60_000;
/** How long a file is held for the browser to save. */
const KEPT = 30_000;
/** The choice of everyone: no name of the centre holds a star. */
const EVERYONE = '*';

const open = signal(recall('device', 'hctc.figures') === 'open');
const day = signal(dayOf(serverNow()));
const kind = signal<Kind>('queue');
const chosen = signal(EVERYONE);
const quarters = signal<Figures | null>(null);
const whole = signal<Figures | null>(null);
const failure = signal<string | null>(null);

effect(() => remember('device', 'hctc.figures', open.value ? 'open' : null));

let asked = 0;
async function load(): Promise<void> {
  const mine = (asked += 1);
  const path = (step: string): string => `/api/figures?from=${day.peek()}&to=${day.peek()}&by=${kind.peek()}&step=${step}`;
  try {
    const [fine, coarse] = await Promise.all([request<Figures>('GET', path('15m')), request<Figures>('GET', path('day'))]);
    // An answer to an older question says nothing any more.
    if (mine !== asked) return;
    quarters.value = fine;
    whole.value = coarse;
    failure.value = null;
    const keys = keysOf(fine).map((row) => row.key ?? '');
    if (chosen.peek() !== EVERYONE && !keys.includes(chosen.peek())) chosen.value = EVERYONE;
  } catch (error) {
    if (mine === asked) failure.value = textOf(error);
  }
}

async function download(): Promise<void> {
  try {
    const text = await requestText(`/api/figures?from=${day.value}&to=${day.value}&by=${kind.value}&step=15m`, 'text/csv');
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
    link.download = `figures-${day.value}-${kind.value}.csv`;
    link.click();
    // The browser reads it in its own time.
    setTimeout(() => URL.revokeObjectURL(link.href), KEPT);
  } catch (error) {
    failure.value = textOf(error);
  }
}

function shown(row: FigureRow): string {
  if (row.key === null) return t('rest');
  const name = nameOf(row, language.value);
  return name ?? (kind.value === 'lane' || kind.value === 'channel' ? say(row.key) : row.key);
}

function Value({ row, column }: { row: FigureRow; column: string }): VNode {
  const text = cellText(row, column);
  if (text !== null) return <>{text}</>;
  return <span class="muted" title={t('left_out')}><span aria-hidden="true">•</span><span class="unseen">{t('left_out')}</span></span>;
}

function Row({ row, head }: { row: FigureRow; head: string }): VNode {
  return (
    <tr>
      <th scope="row" class="figures">{head}</th>
      {COLUMNS[kind.value].map((column) => <td key={column} class="number"><Value row={row} column={column} /></td>)}
    </tr>
  );
}

function Table({ fine, coarse }: { fine: Figures; coarse: Figures }): VNode {
  const key = chosen.value === EVERYONE ? undefined : chosen.value === '' ? null : chosen.value;
  const rows = rowsOf(fine, key);
  const sums = rowsOf(coarse, key);
  if (rows.length === 0) return <p class="body muted">{t('no_figures')}</p>;
  return (
    <div class="scroll tall" tabIndex={0} role="region" aria-label={t('by_quarter')}>
      <table class="dense">
        <thead>
          <tr><th scope="col">{t('time')}</th>{COLUMNS[kind.value].map((column) => <th key={column} scope="col" class="number">{t(column)}</th>)}</tr>
        </thead>
        <tbody>{rows.map((row) => <Row key={row.at} row={row} head={hour(row.at, language.value)} />)}</tbody>
        <tfoot>{sums.map((row) => <Row key={row.at} row={row} head={t('whole_day')} />)}</tfoot>
      </table>
    </div>
  );
}

function Choices({ me }: { me: Me }): VNode {
  const fine = quarters.value;
  const kinds = me.clearances.length > 0 ? KINDS : KINDS.filter((one) => one !== 'lane');
  return (
    <div class="choices">
      <div class="field">
        <label for="figures-day">{t('day')}</label>
        <input id="figures-day" type="date" value={day.value} max={dayOf(now.value)} onChange={(event) => {
          if (event.currentTarget.value) day.value = event.currentTarget.value;
        }} />
      </div>
      <div class="field">
        <label for="figures-by">{t('figures_by')}</label>
        <select id="figures-by" value={kind.value} onChange={(event) => {
          quarters.value = whole.value = null;
          chosen.value = EVERYONE;
          kind.value = event.currentTarget.value as Kind;
        }}>
          {kinds.map((one) => <option key={one} value={one}>{t(`by_${one}`)}</option>)}
        </select>
      </div>
      <div class="field">
        <label for="figures-of">{t('figures_of')}</label>
        <select id="figures-of" value={chosen.value} onChange={(event) => (chosen.value = event.currentTarget.value)}>
          <option value={EVERYONE}>{t('everyone')}</option>
          {fine && keysOf(fine).map((row) => <option key={row.key} value={row.key ?? ''}>{shown(row)}</option>)}
        </select>
      </div>
      <button type="button" onClick={() => void download()}>{t('download')}</button>
    </div>
  );
}

function Panel({ me }: { me: Me }): VNode {
  const [on, by] = [day.value, kind.value];
  useEffect(() => {
    void load();
    const again = setInterval(() => on === dayOf(serverNow()) && void load(), REFRESH);
    return () => clearInterval(again);
  }, [on, by]);
  return (
    <>
      <div class="body"><Choices me={me} /></div>
      <div role="alert">{failure.value && <p class="notice bad">{failure.value}</p>}</div>
      {quarters.value && whole.value && <Table fine={quarters.value} coarse={whole.value} />}
      {quarters.value && quarters.value.small_count !== null && <p class="body small muted">{t('small_count', { n: quarters.value.small_count })}</p>}
    </>
  );
}

export function Report({ me }: { me: Me }): VNode {
  return (
    <section class="card report" aria-labelledby="figures">
      <header class="row spread">
        <h2 id="figures">{t('figures')}</h2>
        <button type="button" class="quiet compact" aria-expanded={open.value} aria-controls="figures-panel" onClick={() => (open.value = !open.value)}>
          {t(open.value ? 'figures_close' : 'figures_open')}
        </button>
      </header>
      <div id="figures-panel" hidden={!open.value}>{open.value && <Panel me={me} />}</div>
    </section>
  );
}
