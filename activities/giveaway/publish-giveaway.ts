import type { Database } from '../../db/connect.ts';
import {
  beginPublish,
  completePublish,
  failPublish,
  planPublish,
  readPublishPiece,
  type PublishCard,
} from '../../db/giveaway/publish-giveaway.ts';
import { nameUuid } from '../../domain/ids.ts';
import { parseMinor } from '../../domain/money.ts';
import { sha1 } from '../../runtime/crypto.ts';
import type { PublishGiveawayInput } from '../../workflows/giveaway/contract.ts';

export interface PublishPlanView {
  readonly currency: string;
  readonly grossMinor: string;
  /** Empty where there are too many for one piece. */
  readonly cards: readonly PublishCardView[];
  /** In how many pieces the cards follow then. */
  readonly pieces?: number;
}

type PublishCardView = Omit<PublishCard, 'faceMinor'> & { readonly faceMinor: string };

export interface PublishPieceView {
  readonly pieceId: string;
  readonly cards: readonly (PublishCardView & { readonly fundingFeeMinor: string })[];
}

export const publishGiveawayActivities = (db: Database) => ({
  /** Reads what is to be paid for; refuses what cannot be published, and changes nothing. */
  planPublish: async (input: PublishGiveawayInput): Promise<PublishPlanView> => {
    const plan = await planPublish(db, input);
    return {
      currency: plan.currency,
      grossMinor: plan.grossMinor.toString(),
      cards: plan.cards.map((card) => ({ ...card, faceMinor: card.faceMinor.toString() })),
      ...(plan.pieces > 0 ? { pieces: plan.pieces } : {}),
    };
  },
  /** @param input.piece from 0. */
  readPublishPiece: async (
    input: PublishGiveawayInput & { fundingFeeMinor: string; piece: number },
  ): Promise<PublishPieceView> => {
    const cards = await readPublishPiece(db, { ...input, fundingFeeMinor: parseMinor(input.fundingFeeMinor) });
    return {
      pieceId: nameUuid(sha1, 'publish-piece', input.publishId, String(input.piece)),
      cards: cards.map((card) => ({
        ...card,
        faceMinor: card.faceMinor.toString(),
        fundingFeeMinor: card.fundingFeeMinor.toString(),
      })),
    };
  },
  beginPublish: (input: PublishGiveawayInput): Promise<void> => beginPublish(db, input, input),
  completePublish: (input: PublishGiveawayInput & { merchantOwnerIds?: readonly string[] }): Promise<void> =>
    completePublish(db, { ...input, merchantOwnerIds: input.merchantOwnerIds ?? [] }, input),
  failPublish: (input: PublishGiveawayInput & { failureCode: string }): Promise<void> => failPublish(db, input, input),
});
