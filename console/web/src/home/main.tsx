// Where to go.

import { render, type VNode } from 'preact';
import * as en from '../messages/en';
import * as sw from '../messages/sw';
import { Switches } from '../parts/bar';
import { Icon } from '../parts/icons';
import { lookup } from '../parts/texts';
import { currentLanguage } from '../parts/ui';

const t = lookup({ sw: sw.home, en: en.home }, currentLanguage);

/** Citizens' pages replace this one, so that Back from the neutral page finds nothing of ours. */
function leaveNoTrace(event: MouseEvent): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  location.replace((event.currentTarget as HTMLAnchorElement).href);
}

function Home(): VNode {
  return (
    <div class="home">
      <header class="row spread">
        <span class="brand"><img src="/icon.svg" alt="" />{t('title')}</span>
        <Switches />
      </header>
      <main id="main">
        <h1>{t('lead')}</h1>
        <div class="ways">
          <a class="way" href="/call" onClick={leaveNoTrace}><Icon name="phone" /><strong>{t('call')}</strong><span class="muted">{t('call_text')}</span></a>
          <a class="way" href="/chat" onClick={leaveNoTrace}><Icon name="chat" /><strong>{t('chat')}</strong><span class="muted">{t('chat_text')}</span></a>
        </div>
        <p class="phone">{t('phone')} <a href="tel:+254206900020" class="figures">020 690 0020</a></p>
        <p class="notice safe">{t('safety')}</p>
      </main>
      <nav aria-labelledby="staff">
        <h2 id="staff" class="label muted">{t('staff')}</h2>
        <ul class="row">
          <li><a href="/desk">{t('desk_text')}</a></li>
          <li><a href="/wall">{t('wall_text')}</a></li>
          <li><a href="/records">{t('records_text')}</a></li>
        </ul>
      </nav>
    </div>
  );
}

const root = document.getElementById('root');
if (root) {
  root.textContent = '';
  render(<Home />, root);
}
