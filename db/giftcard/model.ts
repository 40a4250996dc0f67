import { Model, type RelationMappings } from 'objection';

/** `declare`: a plain field would be defined as `undefined` on every instance under native type stripping. */

export class CatalogueItem extends Model {
  static override readonly tableName = 'catalogue_items';
  declare id: string;
  declare merchant_id: string;
  declare name: string;
  declare currency: string;
  declare min_minor: bigint;
  declare max_minor: bigint;
  declare amounts_minor: string[] | null;
  /** Of airtime: whose phones it is good for. */
  declare operators: string[] | null;
  declare state: string;
  declare validity_days: number | null;
  declare valid_until: Date | null;
}

export class GiftCard extends Model {
  static override readonly tableName = 'gift_cards';
  declare id: string;
  declare merchant_id: string;
  declare giveaway_id: string | null;
  declare host_id: string;
  declare assignee_id: string | null;
  declare currency: string;
  declare face_minor: bigint;
  declare remaining_minor: bigint;
  declare held_minor: bigint;
  declare redeemed_minor: bigint;
  declare refunded_minor: bigint;
  declare released_minor: bigint;
  declare state: string;
  declare frozen_at: Date | null;
  declare expires_at: Date | null;
  declare code_sealed: Buffer | null;
}

export class SettlementIntent extends Model {
  static override readonly tableName = 'settlement_intents';
  declare id: string;
  declare settlement_id: string;
  declare leg: string;
  declare number: number;
  declare amount_minor: bigint;
  /** Null: the platform's own account. */
  declare destination_account: string | null;
  declare state: string;
  declare failure_code: string | null;
  declare payout_fee_minor: bigint | null;
  declare first_sent_at: Date;
}

export class Settlement extends Model {
  static override readonly tableName = 'settlements';
  declare id: string;
  declare kind: string;
  /** Null: carried shares of the platform. */
  declare merchant_id: string | null;
  declare card_id: string | null;
  declare redemption_id: string | null;
  declare window_key: string | null;
  declare line_count: number;
  declare workflow_id: string;
  declare currency: string;
  declare gross_minor: bigint;
  declare fee_minor: bigint;
  declare service_minor: bigint;
  declare merchant_minor: bigint;
  declare carried_minor: bigint;
  declare written_off_minor: bigint;
  /** Of this settlement alone, by a decision; else the merchant's. */
  declare payout_account: string | null;
  declare state: string;
  declare case_number: number;
  declare reason: string | null;
  declare created_at: Date;
  declare updated_at: Date;
  declare intents?: SettlementIntent[];

  static override get relationMappings(): RelationMappings {
    return {
      intents: {
        relation: Model.HasManyRelation,
        modelClass: SettlementIntent,
        join: { from: 'settlements.id', to: 'settlement_intents.settlement_id' },
      },
    };
  }
}
