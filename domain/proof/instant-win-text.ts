import { requireDraw } from '../draw/invalid-draw.ts';
import { requireInstant } from '../draw/limits.ts';
import {
  type InstantWinAttempt,
  type InstantWinHead,
  parseInstantWinAttempt,
  parseInstantWinHead,
} from './instant-win-proof.ts';
import { parseJson, sameText } from './proof-text.ts';

/** The proof of an instant win as text, as that of a draw: the head is the first line, then each attempt is a line. */
const HEAD_END = ',"attempts":[';
export const ATTEMPTS_END = ']}';

export const instantWinHeadLine = (head: InstantWinHead): string => `${JSON.stringify(head).slice(0, -1)}${HEAD_END}`;

/** A line without its comma. The fields are well-formed: none needs an escape. */
export const attemptText = ({
  number,
  entryId,
  participant,
  clientNonce,
  receivedAt,
  unitId,
}: InstantWinAttempt): string =>
  `{"number":${number},"entryId":"${entryId}","participant":"${participant}","clientNonce":"${clientNonce}","receivedAt":"${receivedAt}"${
    unitId === undefined ? '' : `,"unitId":"${unitId}"`
  }}`;

/** @throws InvalidDraw unless it is written as `instantWinHeadLine` writes it. */
export function parseInstantWinHeadLine(line: string): InstantWinHead {
  requireDraw(
    line.endsWith(HEAD_END),
    'This is not a proof as it was downloaded: its first line ends with ,"attempts":[',
  );
  const head = parseInstantWinHead(parseJson(`${line.slice(0, -HEAD_END.length)}}`, 1));
  requireDraw(instantWinHeadLine(head) === line, 'The first line is not written as the format says');
  return head;
}

const ATTEMPT =
  /^\{"number":(0|[1-9]\d{0,14}),"entryId":"([A-Za-z0-9._:-]{1,128})","participant":"([0-9a-f]{64})","clientNonce":"([0-9a-f]{64})","receivedAt":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"(?:,"unitId":"([A-Za-z0-9._:-]{1,128})")?\}$/;

/** @throws InvalidDraw */
export function parseAttemptText(text: string, index: number, line: number): InstantWinAttempt {
  const found = ATTEMPT.exec(text) as [string, string, string, string, string, string, string?] | null;
  if (found === null)
    return sameText(parseInstantWinAttempt(parseJson(text, line), `proof.attempts[${index}]`), attemptText, text, line);
  const [, number, entryId, participant, clientNonce, receivedAt, unitId] = found;
  requireInstant(receivedAt, `proof.attempts[${index}].receivedAt`);
  const attempt = { number: Number(number), entryId, participant, clientNonce, receivedAt };
  return unitId === undefined ? attempt : { ...attempt, unitId };
}

/**
 * The lines of a proof that is in memory.
 * @param value nothing is assumed of it.
 * @throws InvalidDraw naming the first property that is missing, unknown or malformed.
 */
export function* instantWinLines(value: unknown): Generator<string> {
  requireDraw(typeof value === 'object' && value !== null && !Array.isArray(value), 'proof is not an object');
  const { attempts, ...head } = value as { attempts?: unknown };
  yield instantWinHeadLine(parseInstantWinHead(head));
  requireDraw(attempts !== undefined, 'proof.attempts is missing');
  requireDraw(Array.isArray(attempts), 'proof.attempts is not a list');
  for (const [index, item] of attempts.entries()) {
    const attempt = parseInstantWinAttempt(item, `proof.attempts[${index}]`);
    yield `${attemptText(attempt)}${index + 1 < attempts.length ? ',' : ''}`;
  }
  yield ATTEMPTS_END;
}
