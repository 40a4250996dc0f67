import fs from 'node:fs';
import path from 'node:path';

export interface Page {
  /** With parameters as `{name}`. */
  readonly path: string;
  readonly type: string;
  readonly text: string;
}

const read = (file: string): string => fs.readFileSync(path.join(import.meta.dirname, file), 'utf8');

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

/** The pages and what belongs to them, ready to be served. @param scripts the bundled scripts, by name. */
export const webPages = (gatewayUrl: string, scripts: Readonly<Record<string, string>>): Page[] => [
  { path: '/live/{giveawayId}', type: 'text/html', text: read('live.html').replace('{{gateway}}', escape(gatewayUrl)) },
  { path: '/claim', type: 'text/html', text: read('claim.html') },
  { path: '/proof/{giveawayId}', type: 'text/html', text: read('proof.html') },
  { path: '/assets/pages.css', type: 'text/css', text: read('pages.css') },
  { path: '/assets/icon.svg', type: 'image/svg+xml', text: read('icon.svg') },
  ...Object.entries(scripts).map(([name, text]) => ({ path: `/assets/${name}`, type: 'text/javascript', text })),
];
