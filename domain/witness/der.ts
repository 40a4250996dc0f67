import { requireDraw } from '../draw/invalid-draw.ts';

/** One element of a document in DER (X.690): the only form in which signed documents are read. */
export interface Der {
  readonly tag: number;
  readonly content: Uint8Array;
  /** With its tag and length: what a signature is over. */
  readonly raw: Uint8Array;
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The tag of `[number]`, with other elements in it. */
export const context = (number: number): number => 0xa0 | number;

/** The one element that these bytes are. @throws InvalidDraw for anything else, such as bytes that follow it. */
export function readDer(bytes: Uint8Array, tag?: number): Der {
  const [element, ...others] = readAll(bytes);
  requireDraw(element !== undefined && others.length === 0, 'Not one DER element');
  return tag === undefined ? element : expectTag(element, tag);
}

/** The elements in an element. */
export const readWithin = (element: Der | undefined, tag: number): Der[] => readAll(expectTag(element, tag).content);

/** @throws InvalidDraw unless there is an element, with this tag. */
export function expectTag(element: Der | undefined, tag: number): Der {
  requireDraw(element?.tag === tag, `Expected DER tag 0x${tag.toString(16)}`);
  return element;
}

/** Reads elements in order, of which some may be left out. */
export class DerFields {
  readonly #elements: readonly Der[];
  #next = 0;

  constructor(element: Der | undefined, tag: number = TAG.sequence) {
    this.#elements = readWithin(element, tag);
  }

  take(tag: number): Der {
    return expectTag(this.#elements[this.#next++], tag);
  }

  takeAny(): Der {
    const element = this.#elements[this.#next++];
    requireDraw(element !== undefined, 'A DER element is missing');
    return element;
  }

  takeIf(tag: number): Der | undefined {
    return this.#elements[this.#next]?.tag === tag ? this.#elements[this.#next++] : undefined;
  }
}

function readAll(bytes: Uint8Array): Der[] {
  const elements: Der[] = [];
  for (let at = 0; at < bytes.length;) {
    const { start, end } = measure(bytes, at);
    elements.push({ tag: bytes[at] as number, content: bytes.subarray(start, end), raw: bytes.subarray(at, end) });
    at = end;
  }
  return elements;
}

function measure(bytes: Uint8Array, at: number): { readonly start: number; readonly end: number } {
  // What we read has no tag above 30 and no length of more than three bytes.
  requireDraw(((bytes[at] as number) & 0x1f) !== 0x1f, 'A DER tag is too high');
  const first = bytes[at + 1] ?? 0x80;
  const count = first < 0x80 ? 0 : first & 0x7f;
  requireDraw(first < 0x80 || (count >= 1 && count <= 3), 'A DER length is not definite, or too long');
  let length = count === 0 ? first : 0;
  for (let byte = 0; byte < count; byte += 1) length = length * 256 + (bytes[at + 2 + byte] ?? 0);
  requireDraw(count === 0 || length >= (count === 1 ? 0x80 : 256 ** (count - 1)), 'A DER length is not the shortest');
  const start = at + 2 + count;
  requireDraw(start + length <= bytes.length, 'A DER element is cut off');
  return { start, end: start + length };
}

/** As dotted numbers. */
export function oidText(element: Der | undefined): string {
  const { content } = expectTag(element, TAG.oid);
  requireDraw(content.length > 0 && (content.at(-1) as number) < 0x80, 'A DER object id is cut off');
  const numbers: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    numbers.push(...(numbers.length === 0 ? [Math.min(2, Math.floor(value / 40))] : []), value);
    if (numbers.length === 2) numbers[1] = value - (numbers[0] as number) * 40;
    value = 0;
  }
  return numbers.join('.');
}

/** A whole number that is not negative and small. */
export function smallInteger({ content }: Der): number {
  requireDraw(
    content.length > 0 && content.length <= 6 && (content[0] as number) < 0x80,
    'A DER number is out of range',
  );
  return content.reduce((value, byte) => value * 256 + byte, 0);
}

/** UTCTime or GeneralizedTime in UTC, as our documents write an instant; what is finer than a millisecond is cut off. */
export function timeInstant(element: Der | undefined): string {
  requireDraw(element !== undefined, 'A DER time is missing');
  const text = String.fromCharCode(...element.content);
  const full = element.tag === TAG.utcTime ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text;
  const isTime = element.tag === TAG.utcTime || element.tag === TAG.generalizedTime;
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d+))?Z$/.exec(full);
  requireDraw(isTime && parts !== null, 'Not a DER time in UTC');
  const [, year, month, day, hour, minute, second, fraction = ''] = parts;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}Z`;
}

export const sameBytes = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && left.every((byte, index) => byte === right[index]);
