// A modal dialog over the browser's own <dialog>: focus is trapped and returned by the browser.

import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Icon } from './icons';
import { tc } from './ui';

export interface DialogProps {
  title: string;
  onClose(): void;
  children: ComponentChildren;
  footer?: ComponentChildren;
}

export function Dialog({ title, onClose, children, footer }: DialogProps): VNode {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = box.current;
    if (element && !element.open) element.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog ref={box} aria-labelledby={id} onCancel={(event) => { event.preventDefault(); onClose(); }}>
      <header>
        <h2 id={id}>{title}</h2>
        <button type="button" class="quiet round" aria-label={tc('close')} onClick={onClose}><Icon name="close" /></button>
      </header>
      <div class="body" tabIndex={0}>{children}</div>
      {footer && <footer>{footer}</footer>}
    </dialog>
  );
}
