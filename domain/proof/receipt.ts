import { frame, utf8 } from '../draw/bytes.ts';
import { canonicalJson } from '../draw/canonical-json.ts';
import { constant, count, hash, id, instant, object, signature } from './parse.ts';

export const RECEIPT_VERSION = 'handsel-receipt-v1';

/** What the platform owes to an entrant: this entry is in the draw, as it is written here. */
export interface ReceiptBody {
  readonly version: typeof RECEIPT_VERSION;
  readonly giveawayId: string;
  readonly entryId: string;
  /** The participant's commitment in hex. */
  readonly participant: string;
  /** 32 bytes in hex. With the participant's id it gives the commitment, so that entrants know the receipt for theirs. */
  readonly salt: string;
  /** What the entry weighs if it is eligible. */
  readonly weight?: number;
  /** The published hash of the draw's secret. With it the receipt proves that the secret was chosen before the entry. */
  readonly secretHash?: string;
  readonly receivedAt: string;
  readonly keyId: string;
}

export interface Receipt extends ReceiptBody {
  /** Ed25519, 64 bytes in hex, over `receiptSigningBytes` of the rest. */
  readonly signature: string;
}

const receipt = object<Receipt>(
  {
    version: constant(RECEIPT_VERSION),
    giveawayId: id,
    entryId: id,
    participant: hash,
    salt: hash,
    weight: count,
    secretHash: hash,
    receivedAt: instant,
    keyId: id,
    signature,
  },
  ['weight', 'secretHash'],
);

/** @throws InvalidDraw naming the first property that is missing, unknown or malformed. */
export const parseReceipt = (value: unknown): Receipt => receipt(value, 'receipt');

/** The bytes that the platform signs with Ed25519 when it accepts an entry. */
export const receiptSigningBytes = (body: ReceiptBody): Uint8Array =>
  frame('handsel-receipt-v1', utf8(canonicalJson(body)));
