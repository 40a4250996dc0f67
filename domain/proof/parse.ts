import type { PrizeUnit } from '../draw/commitment.ts';
import { requireDraw } from '../draw/invalid-draw.ts';
import { requireCount, requireHash, requireId, requireInstant, requireReason } from '../draw/limits.ts';
import type { CommitmentSignature } from './proof.ts';

/** Reads one value of a document, or throws InvalidDraw naming the place, such as `proof.awards[2].rank`. */
export type Parser<T> = (value: unknown, at: string) => T;

export type Shape<T> = { readonly [K in keyof T]-?: Parser<Exclude<T[K], undefined>> };

export const text: Parser<string> = (value, at) => {
  requireDraw(typeof value === 'string', `${at} is not a text`);
  requireDraw(value.isWellFormed(), `${at} has a lone surrogate`);
  return value;
};

const textThat =
  (require: (value: string, name: string) => void): Parser<string> =>
  (value, at) => {
    const string = text(value, at);
    require(string, at);
    return string;
  };

export const id = textThat(requireId);
export const hash = textThat(requireHash);
export const instant = textThat(requireInstant);

/** So many bytes as lowercase hex. */
export const hexOf = (bytes: number): Parser<string> =>
  textThat((value, at) =>
    requireDraw(
      value.length === bytes * 2 && /^[0-9a-f]*$/.test(value),
      `${at} is not ${bytes * 2} lowercase hex digits`,
    ),
  );

export const signature = hexOf(64);

/** Bytes as lowercase hex, at most so many. */
export const hexUpTo = (most: number): Parser<string> =>
  textThat((value, at) => {
    requireDraw(/^(?:[0-9a-f]{2})+$/.test(value), `${at} is not lowercase hex`);
    requireDraw(value.length <= most * 2, `${at} is more than ${most} bytes`);
  });

export const reason = textThat(requireReason);

export const count: Parser<number> = (value, at) => {
  requireDraw(typeof value === 'number', `${at} is not a number`);
  requireCount(value, at);
  return value;
};

export const constant =
  <const T extends string>(expected: T): Parser<T> =>
  (value, at) => {
    requireDraw(value === expected, `${at} is not "${expected}"`);
    return expected;
  };

export const oneOf =
  <const T extends string>(known: readonly T[]): Parser<T> =>
  (value, at) => {
    const found = known.find((one) => one === value);
    requireDraw(found !== undefined, `${at} is none of ${known.join(', ')}`);
    return found;
  };

export const list =
  <T>(item: Parser<T>): Parser<T[]> =>
  (value, at) => {
    requireDraw(Array.isArray(value), `${at} is not a list`);
    return value.map((element, index) => item(element, `${at}[${index}]`));
  };

/** An object with these properties and no others; a missing property is allowed only where `optional` names it. */
export const object =
  <T extends object>(shape: Shape<T>, optional: readonly (keyof T & string)[] = []): Parser<T> =>
  (value, at) => {
    const given = asRecord(value, at);
    for (const name of Object.keys(given)) requireDraw(Object.hasOwn(shape, name), `${at}.${name} is not known`);
    const parsed: Record<string, unknown> = {};
    for (const [name, parser] of Object.entries<Parser<unknown>>(shape)) {
      const present = Object.hasOwn(given, name);
      requireDraw(present || (optional as readonly string[]).includes(name), `${at}.${name} is missing`);
      if (present) parsed[name] = parser(given[name], `${at}.${name}`);
    }
    return parsed as T;
  };

/** One of several kinds of object, told apart by `kind`. */
export const oneKindOf =
  <T extends { readonly kind: string }>(kinds: {
    readonly [K in T['kind']]: Parser<Extract<T, { readonly kind: K }>>;
  }): Parser<T> =>
  (value, at) => {
    const { kind } = asRecord(value, at);
    const known = typeof kind === 'string' && Object.hasOwn(kinds, kind);
    requireDraw(known, `${at}.kind is not one of ${Object.keys(kinds).join(', ')}`);
    return kinds[kind as T['kind']](value, at);
  };

/** An object of counts whose property names are reason codes; sorted by them. */
export const countsByReason: Parser<Record<string, number>> = (value, at) => {
  const members = Object.entries(asRecord(value, at)).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(
    members.map(([name, member]) => [reason(name, `${at}: ${name}`), count(member, `${at}.${name}`)]),
  );
};

/** Whoever signed what was committed to. */
export const commitmentSignature = object<CommitmentSignature>({
  alg: constant('Ed25519'),
  keyId: id,
  publicKey: hash,
  signedAt: instant,
  signature,
});

/** In the order in which they are taken. */
export const prizeUnits = list(object<PrizeUnit>({ unitId: id, prizeId: id }));

function asRecord(value: unknown, at: string): Record<string, unknown> {
  requireDraw(typeof value === 'object' && value !== null && !Array.isArray(value), `${at} is not an object`);
  return value as Record<string, unknown>;
}
