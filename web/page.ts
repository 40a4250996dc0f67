/** What all pages share. */

/** @param id of an element that the page has. */
export const element = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;

/** Parts of one line of a list: what it is, and what there is to say of it. */
export function listItem(...texts: readonly string[]): HTMLLIElement {
  const item = document.createElement('li');
  for (const text of texts) item.append(Object.assign(document.createElement('span'), { textContent: text }));
  return item;
}

/** An amount in minor units as people here write it. */
export function readableMoney(amountMinor: string, currency: string): string {
  const format = new Intl.NumberFormat(undefined, { style: 'currency', currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(Number(amountMinor) / 10 ** digits);
}

/** Date, time and the zone they are in: deadlines are read all over the world. */
export const readableTime = (at: Date): string =>
  at.toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' });

/** The last part of the page's address. */
export const lastPathPart = (): string => location.pathname.split('/').at(-1) ?? '';
