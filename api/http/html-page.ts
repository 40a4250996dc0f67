const STYLE = `:root{color-scheme:light dark}
body{max-width:70rem;margin:0 auto;padding:2rem 1rem;font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
.wide{overflow-x:auto}
table{border-collapse:collapse;min-width:40rem}
th,td{padding:.4rem .6rem;border:1px solid #8888;text-align:start;vertical-align:top}
:target{background:light-dark(#ffe9a8,#5a4a00)}`;

/** A text as it stands in a page. */
export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** A page of its own, which needs nothing from elsewhere. @param body HTML, whose texts are escaped. */
export const htmlPage = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escapeHtml(title)}</h1>
${body}
</main></body></html>
`;
