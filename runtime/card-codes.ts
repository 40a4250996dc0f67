import { CODE_BYTES, makeCode } from '../domain/card-code.ts';
import { constantTimeEqual, hmacSha256, randomSecret } from './crypto.ts';
import { createSecretBox, type RingKey } from './secret-box.ts';

/** Codes at rest: sealed for the one who may see it, and a keyed hash to find the card by. */
export interface CardCodes {
  /** A fresh code for a card; only its hash and the sealed text leave this function. */
  create(cardId: string): { readonly hash: Uint8Array; readonly sealed: Uint8Array };
  reveal(cardId: string, sealed: Uint8Array): string;
  /** Under every look-up key of the ring: while one replaces another, a card may lie under either. @param code canonical. */
  hashes(code: string): Uint8Array[];
  /** The same code under the first keys of the rings; undefined when it lies under them already. */
  reseal(
    cardId: string,
    current: { readonly hash: Uint8Array; readonly sealed: Uint8Array },
  ): { readonly hash: Uint8Array; readonly sealed: Uint8Array } | undefined;
}

export function createCardCodes(sealingKeys: readonly RingKey[], lookUpKeys: readonly RingKey[]): CardCodes {
  const box = createSecretBox(sealingKeys);
  const [lookUp] = lookUpKeys;
  if (!lookUp) throw new Error('Card codes need a look-up key');
  const aad = (cardId: string): string => `gift-card:${cardId}`;
  const hash = (code: string): Uint8Array => hmacSha256(lookUp.key, code);
  const reveal = (cardId: string, sealed: Uint8Array): string => box.open(sealed, aad(cardId)).toString('utf8');
  return {
    hashes: (code) => lookUpKeys.map(({ key }) => hmacSha256(key, code)),
    create: (cardId) => {
      const code = makeCode(randomSecret(CODE_BYTES));
      return { hash: hash(code), sealed: box.seal(code, aad(cardId)) };
    },
    reveal,
    reseal: (cardId, current) => {
      const code = reveal(cardId, current.sealed);
      if (box.isCurrent(current.sealed) && constantTimeEqual(hash(code), current.hash)) return undefined;
      return { hash: hash(code), sealed: box.seal(code, aad(cardId)) };
    },
  };
}
