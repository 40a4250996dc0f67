import { frame, utf8 } from '../draw/bytes.ts';
import { canonicalJson } from '../draw/canonical-json.ts';
import { constant, count, hash, id, instant, object, signature } from './parse.ts';

export const ATTEMPT_RECEIPT_VERSION = 'handsel-attempt-receipt-v1';

/** What the platform owes to whoever has tried to win: the attempt, its place among all, and what came of it. */
export interface AttemptReceiptBody {
  readonly version: typeof ATTEMPT_RECEIPT_VERSION;
  readonly giveawayId: string;
  readonly entryId: string;
  /** The participant's commitment in hex. */
  readonly participant: string;
  /** 32 bytes in hex, chosen by whoever tried. */
  readonly clientNonce: string;
  /** From 1, without gaps, over all attempts of the giveaway. */
  readonly number: number;
  readonly receivedAt: string;
  /** What was won; absent: nothing. */
  readonly unitId?: string;
  /** The published hash of the secret, which was fixed before the first attempt. */
  readonly secretHash: string;
  readonly keyId: string;
}

export interface AttemptReceipt extends AttemptReceiptBody {
  /** Ed25519, 64 bytes in hex, over `attemptReceiptBytes` of the rest. */
  readonly signature: string;
}

const receipt = object<AttemptReceipt>(
  {
    version: constant(ATTEMPT_RECEIPT_VERSION),
    giveawayId: id,
    entryId: id,
    participant: hash,
    clientNonce: hash,
    number: count,
    receivedAt: instant,
    unitId: id,
    secretHash: hash,
    keyId: id,
    signature,
  },
  ['unitId'],
);

/** @throws InvalidDraw naming the first property that is missing, unknown or malformed. */
export const parseAttemptReceipt = (value: unknown): AttemptReceipt => receipt(value, 'receipt');

/** The bytes that the platform signs with Ed25519 when it has decided an attempt. */
export const attemptReceiptBytes = (body: AttemptReceiptBody): Uint8Array =>
  frame('handsel-attempt-receipt-v1', utf8(canonicalJson(body)));
