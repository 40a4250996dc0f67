import { ERROR_STATUS } from '../../domain/errors.ts';
import type { Route } from './define-route.ts';

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** The list of calls for people; machines read `/openapi.json`. */
export function docsPage(title: string, routes: readonly Route[]): string {
  const rows = routes.map(
    (route) =>
      `<tr><td><code>${route.method.toUpperCase()}</code></td><td><code>${escape(route.path)}</code></td>` +
      `<td>${escape(route.summary)}</td><td>${route.auth === 'public' ? '' : `<code>${route.auth}</code>`}</td>` +
      `<td>${route.idempotent ? 'yes' : ''}</td></tr>`,
  );
  const codes = Object.entries(ERROR_STATUS).map(
    ([code, status]) => `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td></tr>`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(title)}</title>
<h1>${escape(title)}</h1>
<p>Amounts are strings of minor units. Errors are problem documents (RFC 9457) with a stable <code>code</code>. The
document for machines: <a href="/openapi.json">openapi.json</a>.</p>
<table border="1" cellpadding="6"><thead><tr><th>Method</th><th>Path</th><th></th><th>Permission</th><th>Idempotency-Key</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table>
<h2>Codes</h2>
<table border="1" cellpadding="6"><thead><tr><th>Code</th><th>Status</th></tr></thead>
<tbody>${codes.join('\n')}</tbody></table></html>`;
}
