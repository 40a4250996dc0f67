import type { DrawAward } from '../draw/assign-prizes.ts';
import type { DrawEntry } from '../draw/entry.ts';
import { requireDraw } from '../draw/invalid-draw.ts';
import { parseAward, parseEntry, parseProofHead, parseRank } from './parse-proof.ts';
import type { ProofHead } from './proof.ts';

/**
 * A proof as text: one JSON document in lines, so that it can be written and read one entry at a time. The head is the
 * first line; then each entry, each rank and each award is a line of its own, with a comma where another one follows.
 */
type ProofList = 'entries' | 'ranking' | 'awards';

/** The lines that end one list and begin the next. */
export const BETWEEN_LISTS = { ranking: '],"ranking":[', awards: '],"awards":[' } as const;
export const LAST_LINE = ']}';
const HEAD_END = ',"entries":[';

/** The first line. */
export const headLine = (head: ProofHead): string => `${JSON.stringify(head).slice(0, -1)}${HEAD_END}`;

/** A line without its comma. The fields are well-formed: none needs an escape. */
export const entryText = ({ entryId, participant, weight, reason, receivedAt }: DrawEntry): string =>
  `{"entryId":"${entryId}","participant":"${participant}","weight":${weight},"reason":"${reason}","receivedAt":"${receivedAt}"}`;

export const rankText = (participant: string): string => `"${participant}"`;

export const awardText = ({ unitId, rank, participant }: DrawAward): string =>
  `{"unitId":"${unitId}","rank":${rank},"participant":"${participant}"}`;

/** The head from its line. @throws InvalidDraw unless it is written as `headLine` writes it. */
export function parseHeadLine(line: string): ProofHead {
  requireDraw(
    line.endsWith(HEAD_END),
    'This is not a proof as it was downloaded: its first line ends with ,"entries":[',
  );
  const head = parseProofHead(parseJson(`${line.slice(0, -HEAD_END.length)}}`, 1));
  requireDraw(headLine(head) === line, 'The first line is not written as the format says');
  return head;
}

const ENTRY =
  /^\{"entryId":"([A-Za-z0-9._:-]{1,128})","participant":"([0-9a-f]{64})","weight":(0|[1-9]\d{0,6}),"reason":"([a-z][a-z0-9_]{0,63})","receivedAt":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"\}$/;

/** An entry from its line, without the comma. @throws InvalidDraw */
export function parseEntryText(text: string, index: number, line: number): DrawEntry {
  const found = ENTRY.exec(text) as [string, string, string, string, string, string] | null;
  if (found === null)
    return sameText(parseEntry(parseJson(text, line), `proof.entries[${index}]`), entryText, text, line);
  return {
    entryId: found[1],
    participant: found[2],
    weight: Number(found[3]),
    reason: found[4],
    receivedAt: found[5],
  };
}

const RANK = /^"[0-9a-f]{64}"$/;

/** @throws InvalidDraw */
export function parseRankText(text: string, index: number, line: number): string {
  if (RANK.test(text)) return text.slice(1, -1);
  return sameText(parseRank(parseJson(text, line), `proof.ranking[${index}]`), rankText, text, line);
}

/** @throws InvalidDraw */
export function parseAwardText(text: string, index: number, line: number): DrawAward {
  return sameText(parseAward(parseJson(text, line), `proof.awards[${index}]`), awardText, text, line);
}

/** There is one way to write a value: what is written in another one is refused. */
export function sameText<T>(value: T, write: (value: T) => string, text: string, line: number): T {
  requireDraw(write(value) === text, `Line ${line} is not written as the format says`);
  return value;
}

/** @throws InvalidDraw */
export function parseJson(text: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return requireDraw(false, `Line ${line} is not what the format says`);
  }
}

/**
 * The lines of a proof that is in memory.
 * @param value nothing is assumed of it.
 * @throws InvalidDraw naming the first property that is missing, unknown or malformed.
 */
export function* proofLines(value: unknown): Generator<string> {
  requireDraw(typeof value === 'object' && value !== null && !Array.isArray(value), 'proof is not an object');
  const { entries, ranking, awards, ...head } = value as Partial<Record<ProofList, unknown>>;
  yield headLine(parseProofHead(head));
  yield* listLines('entries', entries, (item, at) => entryText(parseEntry(item, at)));
  yield BETWEEN_LISTS.ranking;
  yield* listLines('ranking', ranking, (item, at) => rankText(parseRank(item, at)));
  yield BETWEEN_LISTS.awards;
  yield* listLines('awards', awards, (item, at) => awardText(parseAward(item, at)));
  yield LAST_LINE;
}

function* listLines(name: ProofList, list: unknown, write: (item: unknown, at: string) => string): Generator<string> {
  requireDraw(list !== undefined, `proof.${name} is missing`);
  requireDraw(Array.isArray(list), `proof.${name} is not a list`);
  for (const [index, item] of list.entries()) {
    yield `${write(item, `proof.${name}[${index}]`)}${index + 1 < list.length ? ',' : ''}`;
  }
}
