import { Model, type QueryBuilder, type RelationMappings } from 'objection';
import type { DeliveryState, PrizeKind } from '../../domain/prizes.ts';
import type { AwardState, GiveawayState } from '../../domain/giveaway.ts';
import type { RandomnessSetting } from '../../domain/giveaway-modes.ts';

/** `declare`: a plain field would be defined as `undefined` on every instance under native type stripping. */

export class PrizeGroup extends Model {
  static override readonly tableName = 'giveaway_prize_groups';
  declare id: string;
  declare kind: PrizeKind;
  declare name: string;
  declare description: string;
}

/** Of a prize that is sent. Its address is not read here. */
export class Delivery extends Model {
  static override readonly tableName = 'giveaway_deliveries';
  static override readonly idColumn = 'award_id';
  static override readonly modifiers = {
    withoutAddress: (query: QueryBuilder<Delivery>): void =>
      void query.select('award_id', 'state', 'carrier', 'tracking_number', 'shipped_at'),
  };
  declare award_id: string;
  declare state: DeliveryState;
  declare carrier: string | null;
  declare tracking_number: string | null;
  declare shipped_at: Date | null;
}

export class Prize extends Model {
  static override readonly tableName = 'giveaway_prizes';
  declare id: string;
  declare giveaway_id: string;
  declare position: number;
  declare group_id: string;
  declare kind: PrizeKind;
  declare merchant_id: string | null;
  declare card_id: string | null;
  declare face_minor: bigint;
  declare currency: string;
  declare group?: PrizeGroup;

  static override get relationMappings(): RelationMappings {
    return {
      group: {
        relation: Model.BelongsToOneRelation,
        modelClass: PrizeGroup,
        join: { from: 'giveaway_prizes.group_id', to: 'giveaway_prize_groups.id' },
      },
    };
  }
}

export class Award extends Model {
  static override readonly tableName = 'giveaway_awards';
  declare id: string;
  declare giveaway_id: string;
  declare prize_id: string;
  declare rank: number;
  declare participant_id: string;
  declare state: AwardState;
  declare claim_expires_at: Date | null;
  declare prize?: Prize;
  declare delivery?: Delivery | null;

  static override get relationMappings(): RelationMappings {
    return {
      prize: {
        relation: Model.BelongsToOneRelation,
        modelClass: Prize,
        join: { from: 'giveaway_awards.prize_id', to: 'giveaway_prizes.id' },
      },
      delivery: {
        relation: Model.HasOneRelation,
        modelClass: Delivery,
        join: { from: 'giveaway_awards.id', to: 'giveaway_deliveries.award_id' },
      },
    };
  }
}

export class Giveaway extends Model {
  static override readonly tableName = 'giveaways';
  declare id: string;
  declare host_id: string;
  declare title: string;
  declare description: string;
  declare state: GiveawayState;
  declare currency: string;
  declare opens_at: Date | null;
  declare closes_at: Date;
  declare rules: { readonly randomness?: RandomnessSetting };
  declare published_at: Date | null;
  declare opened_at: Date | null;
  declare paused_at: Date | null;
  declare failure_code: string | null;
  declare created_at: Date;
}
