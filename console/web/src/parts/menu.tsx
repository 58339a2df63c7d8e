// A small menu under a button, over the browser's own popover: it lies above everything, closes by Esc
// or a click elsewhere, and gives the focus back.

import type { VNode } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import { Icon, type IconName } from './icons';

export interface MenuItem { key: string; text: string; run(): void }
/** `on`: what the menu chooses is in force. `end`: the menu ends where its button ends. */
export interface MenuProps { id?: string; label: string; icon: IconName; items: readonly MenuItem[]; on?: boolean; end?: boolean }

/** Between a button and its menu, in CSS pixels. */
const GAP = 4;
/** A button further down than this share of the window has its menu above. */
const LOW = 0.7;

export function Menu({ id, label, icon, items, on = false, end = false }: MenuProps): VNode {
  const panelId = useId();
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const place = (): void => {
    const box = button.current?.getBoundingClientRect();
    const style = panel.current?.style;
    if (!box || !style) return;
    const above = box.bottom > innerHeight * LOW;
    style.top = above ? 'auto' : `${box.bottom + GAP}px`;
    style.bottom = above ? `${innerHeight - box.top + GAP}px` : 'auto';
    style.left = end ? 'auto' : `${box.left}px`;
    style.right = end ? `${document.documentElement.clientWidth - box.right}px` : 'auto';
  };
  const entries = (): HTMLButtonElement[] => [...(panel.current?.querySelectorAll('button') ?? [])];
  const toggled = (): void => {
    const shows = panel.current?.matches(':popover-open') ?? false;
    setOpen(shows);
    if (shows) entries()[0]?.focus();
  };
  const move = (event: KeyboardEvent): void => {
    const all = entries();
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === 'Tab') panel.current?.hidePopover();
    if (to === undefined) return;
    event.preventDefault();
    all[to % all.length]?.focus();
  };
  const choose = (item: MenuItem): void => {
    panel.current?.hidePopover();
    item.run();
  };
  return (
    <>
      <button ref={button} id={id} type="button" class={`compact round ${on ? 'on' : ''}`} popovertarget={panelId} aria-haspopup="menu" aria-expanded={open} aria-label={label} title={label}><Icon name={icon} /></button>
      <div ref={panel} id={panelId} popover="auto" class="menu" role="menu" aria-label={label} onBeforeToggle={place} onToggle={toggled} onKeyDown={move}>
        {items.map((item) => <button key={item.key} type="button" role="menuitem" tabIndex={-1} class="quiet" onClick={() => choose(item)}>{item.text}</button>)}
      </div>
    </>
  );
}
