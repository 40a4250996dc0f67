import { escapeHtml, htmlPage } from './html-page.ts';
import type { Problem } from './problem.ts';

/** A problem for whoever meets it in a browser. */
export const problemPage = ({ status, title, detail, requestId, type, code }: Problem): string =>
  htmlPage(
    `${status}: ${title}`,
    `<p>${escapeHtml(detail)}</p>
<p>Code: <a href="${escapeHtml(type)}"><code>${escapeHtml(code)}</code></a>. Request: <code>${escapeHtml(requestId)}</code>.</p>`,
  );
