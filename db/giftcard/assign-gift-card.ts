import type { Cause } from '../../domain/cause.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Database } from '../connect.ts';
import { appendEvent } from '../outbox/append-event.ts';

export interface AssignGiftCard {
  readonly cardId: string;
  readonly awardId: string;
  readonly assigneeId: string;
  /** Kept only when the card has no code yet; the plain code is known to nobody but the caller and the box. */
  readonly code: { readonly hash: Uint8Array; readonly sealed: Uint8Array };
}

export interface AssignedCard {
  readonly cardId: string;
  readonly expiresAt: Date;
}

/**
 * The card becomes the winner's, and its validity starts. Repeated for the same award it returns the first result.
 * @throws DomainError card_not_found, card_not_redeemable (assigned to another award, or ended).
 */
export const assignGiftCard = (db: Database, input: AssignGiftCard, cause: Cause): Promise<AssignedCard> =>
  db.transaction(async (trx) => {
    const card = await trx('gift_cards')
      .where({ id: input.cardId })
      .forUpdate()
      .first<{ state: string; award_id: string | null; catalogue_item_id: string; expires_at: Date }>();
    if (!card) throw new DomainError('card_not_found', 'There is no such card.', { cardId: input.cardId });
    if (card.award_id === input.awardId) return { cardId: input.cardId, expiresAt: card.expires_at };
    if (card.award_id !== null || card.state !== 'RESERVED') {
      throw new DomainError('card_not_redeemable', 'The card cannot be assigned any more.', {
        cardId: input.cardId,
        state: card.state,
      });
    }
    const [assigned] = await trx('gift_cards')
      .where({ id: input.cardId })
      .update({
        award_id: input.awardId,
        assignee_id: input.assigneeId,
        assigned_at: trx.fn.now(),
        expires_at: trx.raw('now() + (select make_interval(days => validity_days) from catalogue_items where id = ?)', [
          card.catalogue_item_id,
        ]),
        code_hash: input.code.hash,
        code_sealed: input.code.sealed,
        updated_at: trx.fn.now(),
      })
      .returning<{ expires_at: Date }[]>('expires_at');
    if (!assigned) throw new Error(`Card ${input.cardId} has vanished`);
    await appendEvent(trx, {
      aggregateType: 'gift_card',
      aggregateId: input.cardId,
      type: 'giftcard.card.assigned',
      payload: { awardId: input.awardId, assigneeId: input.assigneeId, expiresAt: assigned.expires_at.toISOString() },
      actor: cause.actor,
      correlationId: cause.requestId,
    });
    return { cardId: input.cardId, expiresAt: assigned.expires_at };
  });
