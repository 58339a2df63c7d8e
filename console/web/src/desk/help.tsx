// The list of shortcuts, and the switch that turns them off.

import type { VNode } from 'preact';
import { Dialog } from '../parts/dialog';
import { SHORTCUTS, setShortcuts, shortcutsOn } from './keys';
import { dialog } from './store';
import { t } from './text';

export function Help(): VNode {
  return (
    <Dialog title={t('help')} onClose={() => (dialog.value = null)}>
      <label class="check">
        <input type="checkbox" checked={shortcutsOn.value} onChange={(event) => setShortcuts(event.currentTarget.checked)} />
        {t('keys_on')}
      </label>
      <table>
        <tbody>
          {SHORTCUTS.map((one) => <tr key={one.code}><th scope="row"><kbd>{one.shown}</kbd></th><td>{t(one.does)}</td></tr>)}
          <tr><th scope="row"><kbd>Ctrl+Enter</kbd></th><td>{t('key_finish')}</td></tr>
          <tr><th scope="row"><kbd>?</kbd></th><td>{t('key_help')}</td></tr>
        </tbody>
      </table>
    </Dialog>
  );
}
