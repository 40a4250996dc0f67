import { requireDraw } from './invalid-draw.ts';

/**
 * RFC 8785 (JSON canonicalization scheme) for the values that our documents use: no fractions, no null.
 * A property that is `undefined` is absent.
 * @throws InvalidDraw for any other value: what has two spellings has no place in a signed document.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return canonicalString(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return canonicalInteger(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  requireDraw(typeof value === 'object' && value !== null, `A canonical document cannot hold a ${typeof value}`);
  return canonicalObject(value);
}

function canonicalString(text: string): string {
  requireDraw(text.isWellFormed(), 'The text has a lone surrogate');
  return JSON.stringify(text);
}

function canonicalInteger(value: number): string {
  requireDraw(Number.isSafeInteger(value), 'A canonical number is an integer between -2^53 and 2^53');
  return String(value);
}

function canonicalObject(value: object): string {
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  // The order of UTF-16 code units, which is what RFC 8785 asks for and what `<` compares.
  members.sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, member]) => `${canonicalString(name)}:${canonicalJson(member)}`).join(',')}}`;
}
