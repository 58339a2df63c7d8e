// The top bar of staff screens, and the two switches every screen has.

import type { ComponentChildren, VNode } from 'preact';
import { request } from './api';
import { Icon } from './icons';
import type { Me } from './protocol';
import { language, switchLanguage, switchTheme, tc, theme } from './ui';

export function Switches(): VNode {
  const dark = theme.value === 'dark';
  return (
    <div class="row tight">
      <button type="button" class="quiet compact" lang={language.value === 'sw' ? 'en' : 'sw'} onClick={switchLanguage}>{tc('other_language')}</button>
      <button type="button" class="quiet compact round" aria-label={tc(dark ? 'theme_light' : 'theme_dark')} title={tc(dark ? 'theme_light' : 'theme_dark')} onClick={switchTheme}>
        <Icon name={dark ? 'sun' : 'moon'} />
      </button>
    </div>
  );
}

type Page = 'desk' | 'wall' | 'records';

/** The pages a person's roles open. */
export function pagesOf(me: Me): Page[] {
  const pages: Page[] = [];
  if (me.roles.includes('agent')) pages.push('desk');
  if (me.roles.includes('supervisor')) pages.push('wall');
  if (me.roles.some((role) => role !== 'admin')) pages.push('records');
  return pages;
}

export async function logOut(): Promise<void> {
  await request('POST', '/api/logout').catch(() => null);
  sessionStorage.clear();
  location.reload();
}

export interface BarProps { page: Page; me: Me | null; children?: ComponentChildren }

export function Bar({ page, me, children }: BarProps): VNode {
  return (
    <header class="bar">
      <a class="skip" href="#main">{tc('skip')}</a>
      <a class="brand" href="/"><img src="/icon.svg" alt="" /><span>{tc('product')}</span></a>
      {me && (
        <nav aria-label={tc('pages')}>
          {pagesOf(me).map((to) => <a key={to} href={`/${to}`} aria-current={to === page ? 'page' : undefined}>{tc(to)}</a>)}
        </nav>
      )}
      <div class="grow row">{children}</div>
      <Switches />
      {me && (
        <div class="row tight">
          <span class="small whoami"><Icon name="person" /> {me.shown_as}</span>
          <button type="button" class="quiet compact round" aria-label={tc('log_out')} title={tc('log_out')} onClick={() => void logOut()}><Icon name="out" /></button>
        </div>
      )}
    </header>
  );
}
