import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Database, Db } from '../connect.ts';

interface CodeAtRest {
  readonly hash: Uint8Array;
  readonly sealed: Uint8Array;
}

/**
 * The old code is worth nothing from now on. Repeated under the same id it changes nothing.
 * @throws DomainError card_not_found, card_not_redeemable (it has no code yet).
 */
export const replaceCardCode = async (
  db: Db,
  { code, ...input }: { cardId: string; replacementId: string; code: CodeAtRest },
  cause: Cause,
): Promise<void> => {
  const hex = {
    codeHash: Buffer.from(code.hash).toString('hex'),
    codeSealed: Buffer.from(code.sealed).toString('hex'),
  };
  await callCommand(db, 'replace_card_code', { ...input, ...hex, ...cause });
};

/** What is the same code under newer keys; undefined where it lies under them already. */
export type Reseal = (cardId: string, current: CodeAtRest) => CodeAtRest | undefined;

export interface RotatedBatch {
  readonly seen: number;
  readonly resealed: number;
  /** Where to go on; null at the end. */
  readonly after: string | null;
}

/** Brings the next cards' codes under the newest keys; a card that is replaced at that moment is left alone. */
export const rotateCardCodes = (
  db: Database,
  { after, limit }: { after: string | null; limit: number },
  reseal: Reseal,
): Promise<RotatedBatch> =>
  db.transaction(async (trx) => {
    const query = trx('gift_cards').whereNotNull('code_sealed').orderBy('id').limit(limit).forNoKeyUpdate();
    if (after !== null) void query.where('id', '>', after);
    const cards = await query.select<{ id: string; code_hash: Buffer; code_sealed: Buffer }[]>(
      'id',
      'code_hash',
      'code_sealed',
    );
    let resealed = 0;
    for (const { id, code_hash: hash, code_sealed: sealed } of cards) {
      const code = reseal(id, { hash, sealed });
      if (!code) continue;
      await trx('gift_cards').where({ id }).update({ code_hash: code.hash, code_sealed: code.sealed });
      resealed += 1;
    }
    return { seen: cards.length, resealed, after: cards.length < limit ? null : (cards.at(-1)?.id ?? null) };
  });
