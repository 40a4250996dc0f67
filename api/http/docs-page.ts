import { ERROR_STATUS } from '../../domain/errors.ts';
import type { Route } from './define-route.ts';
import { escapeHtml, htmlPage } from './html-page.ts';

/** The list of calls for people; machines read `/openapi.json`. */
export function docsPage(title: string, routes: readonly Route[]): string {
  const rows = routes.map((route) =>
    row(
      code(route.method.toUpperCase()),
      code(route.path),
      escapeHtml(route.summary),
      route.auth === 'public' ? 'none' : code(route.auth),
      route.idempotent ? 'yes' : '',
    ),
  );
  const codes = Object.entries(ERROR_STATUS).map(
    ([name, status]) => `<tr id="${name}"><td>${code(name)}</td><td>${status}</td></tr>`,
  );
  return htmlPage(
    title,
    `<p>Amounts are strings of minor units. Errors are problem documents (RFC 9457) with a stable <code>code</code>. The
document for machines: <a href="/openapi.json">openapi.json</a>. <a href="#codes">Codes of errors</a>.</p>
<div class="wide" tabindex="0" role="region" aria-label="Calls">${table(['Method', 'Path', 'What it does', 'Permission', 'Idempotency-Key'], rows)}</div>
<h2 id="codes">Codes</h2>
<div class="wide">${table(['Code', 'Status'], codes)}</div>`,
  );
}

const code = (text: string): string => `<code>${escapeHtml(text)}</code>`;

const row = (...cells: readonly string[]): string => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;

const table = (heads: readonly string[], rows: readonly string[]): string =>
  `<table><thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table>`;
