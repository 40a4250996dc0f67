import { Model, type RelationMappings } from 'objection';
import type { AwardState, GiveawayState } from '../../domain/giveaway.ts';

/** `declare`: a plain field would be defined as `undefined` on every instance under native type stripping. */

export class Prize extends Model {
  static override readonly tableName = 'giveaway_prizes';
  declare id: string;
  declare giveaway_id: string;
  declare position: number;
  declare group_id: string;
  declare merchant_id: string;
  declare card_id: string;
  declare face_minor: bigint;
  declare currency: string;
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

  static override get relationMappings(): RelationMappings {
    return {
      prize: {
        relation: Model.BelongsToOneRelation,
        modelClass: Prize,
        join: { from: 'giveaway_awards.prize_id', to: 'giveaway_prizes.id' },
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
  declare published_at: Date | null;
  declare opened_at: Date | null;
  declare paused_at: Date | null;
  declare failure_code: string | null;
  declare created_at: Date;
  declare prizes?: Prize[];
  declare awards?: Award[];

  static override get relationMappings(): RelationMappings {
    return {
      prizes: {
        relation: Model.HasManyRelation,
        modelClass: Prize,
        join: { from: 'giveaways.id', to: 'giveaway_prizes.giveaway_id' },
      },
      awards: {
        relation: Model.HasManyRelation,
        modelClass: Award,
        join: { from: 'giveaways.id', to: 'giveaway_awards.giveaway_id' },
      },
    };
  }
}
