// Quick exit of the citizen's pages: one press, or Esc twice, and nothing of the page is left in the
// tab. The link itself leads to the neutral page, so it works without any of this.

const TWICE_WITHIN = 1500;

/** Wires the exit link and the keys. `cleanup` closes what is open; it must not throw or wait. */
export function readyToLeave(link: HTMLAnchorElement | null, cleanup: () => void): void {
  link?.addEventListener('click', (event) => {
    event.preventDefault();
    // A fresh tab in front has no history at all; a pop-up blocker only loses us that extra.
    window.open('/away', '_blank', 'noopener');
    leave(cleanup);
  });
  let last = 0;
  addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.repeat) return;
    if (event.timeStamp - last < TWICE_WITHIN) leave(cleanup);
    last = event.timeStamp;
  }, { capture: true });
  // A page kept alive by the browser for Back starts empty.
  addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload();
  });
}

function leave(cleanup: () => void): void {
  document.documentElement.hidden = true;
  cleanup();
  try {
    sessionStorage.clear();
  } catch {
    // Storage is blocked, so there is nothing in it.
  }
  document.body.replaceChildren();
  // `replace`: Back finds what was before this page, never this page.
  location.replace('/away');
}
