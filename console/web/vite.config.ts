// One page per screen: the citizen's chat must not carry the agent's code, nor the other way round.
import { defineConfig } from 'vite';

const pages = ['index', 'desk', 'wall', 'records', 'call', 'chat', 'away'];

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // The content policy allows nothing inline and no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: Object.fromEntries(pages.map((page) => [page, `${page}.html`])) },
  },
});
