import { CODE_BYTES, makeCode } from '../domain/card-code.ts';
import { hmacSha256, randomSecret } from './crypto.ts';
import { createSecretBox, type RingKey } from './secret-box.ts';

/** Codes at rest: sealed for the one who may see it, and a keyed hash to find the card by. */
export interface CardCodes {
  /** A fresh code for a card; only its hash and the sealed text leave this function. */
  create(cardId: string): { readonly hash: Uint8Array; readonly sealed: Uint8Array };
  reveal(cardId: string, sealed: Uint8Array): string;
  /** @param code in its canonical form. */
  hash(code: string): Uint8Array;
}

export function createCardCodes(sealingKeys: readonly RingKey[], lookUpKeys: readonly RingKey[]): CardCodes {
  const box = createSecretBox(sealingKeys);
  const [lookUp] = lookUpKeys;
  if (!lookUp) throw new Error('Card codes need a look-up key');
  const aad = (cardId: string): string => `gift-card:${cardId}`;
  const hash = (code: string): Uint8Array => hmacSha256(lookUp.key, code);
  return {
    hash,
    create: (cardId) => {
      const code = makeCode(randomSecret(CODE_BYTES));
      return { hash: hash(code), sealed: box.seal(code, aad(cardId)) };
    },
    reveal: (cardId, sealed) => box.open(sealed, aad(cardId)).toString('utf8'),
  };
}
