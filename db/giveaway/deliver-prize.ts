import type { Cause } from '../../domain/cause.ts';
import type { AwardState } from '../../domain/giveaway.ts';
import type { DeliveryState } from '../../domain/prizes.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import type { Award } from './claim-award.ts';

interface OfWinner {
  readonly awardId: string;
  readonly participantId: string;
}

interface OfGiveaway {
  readonly giveawayId: string;
  readonly awardId: string;
}

export interface Delivery {
  readonly awardId: string;
  readonly giveawayId: string;
  readonly awardState: AwardState;
  readonly state: DeliveryState;
  readonly carrier: string | null;
  readonly trackingNumber: string | null;
  /** How often it was sent. */
  readonly shipments: number;
  readonly shippedAt: string | null;
  readonly problem: string | null;
}

/** What is kept of an address: encrypted for its award. */
type Sealed = { readonly address: Uint8Array };

const sealed = ({ address, ...input }: Sealed) => ({ ...input, addressSealed: Buffer.from(address).toString('hex') });

/**
 * NOTIFIED → CLAIMED, and → VERIFIED where nobody has to decide first, of a prize that is sent. Claimed before by the same
 * person: the same answer again, and the first address stands.
 * @throws DomainError award_not_found, award_not_yours, award_claim_expired, award_not_claimable, award_address_not_needed.
 */
export const claimPhysicalAward = (db: Db, input: OfWinner & Sealed, cause: Cause): Promise<Award> =>
  callCommand<Award>(db, 'claim_physical_award', { ...sealed(input), ...cause });

/** Until it is on its way, or after it came back. @throws DomainError award_not_found, award_not_yours, delivery_not_found, delivery_not_changeable. */
export const changeAwardAddress = (db: Db, input: OfWinner & Sealed, cause: Cause): Promise<Award> =>
  callCommand<Award>(db, 'change_award_address', { ...sealed(input), ...cause });

/**
 * VERIFIED → FULFILLING, on its way; the winner is told. Again: a correction, or another attempt after it came back.
 * @throws DomainError award_not_found, delivery_not_found, delivery_not_possible.
 */
export const shipPrize = (db: Db, input: Shipment & { giveawayId: string }, cause: Cause): Promise<Delivery> =>
  callCommand<Delivery>(db, 'ship_prize', { ...input, ...cause });

export interface Shipment {
  readonly awardId: string;
  readonly carrier: string;
  readonly trackingNumber: string;
}

export interface ShipmentAnswer {
  readonly awardId: string;
  /** The code of the refusal; null where it is on its way. */
  readonly refusal: string | null;
}

/** Many in one transaction; what is refused for one of them holds up no other. Safe to repeat. */
export const shipPrizes = (
  db: Db,
  input: { giveawayId: string; shipments: readonly Shipment[] },
  cause: Cause,
): Promise<ShipmentAnswer[]> => callCommand<ShipmentAnswer[]>(db, 'ship_prizes', { ...input, ...cause });

/** FULFILLING → FULFILLED, by whoever may say so. @throws DomainError award_not_found, award_not_yours, delivery_not_found, delivery_not_shipped. */
export const confirmDelivery = (db: Db, input: OfGiveaway | OfWinner, cause: Cause): Promise<Delivery> =>
  callCommand<Delivery>(db, 'confirm_delivery', { ...input, ...cause });

/** The award waits for a decision. @throws DomainError award_not_found, delivery_not_found, delivery_not_shipped. */
export const reportUndeliverable = (db: Db, input: OfGiveaway & { reason: string }, cause: Cause): Promise<Delivery> =>
  callCommand<Delivery>(db, 'report_undeliverable', { ...input, ...cause });

/**
 * FULFILLING → EXPIRED: the prize goes to the next rank.
 * @throws DomainError award_not_found, delivery_not_found, delivery_not_undeliverable, second_person_missing.
 */
export const giveUpDelivery = (
  db: Db,
  input: OfGiveaway & { reason: string; byHost: boolean },
  cause: Cause,
): Promise<Delivery> => callCommand<Delivery>(db, 'give_up_delivery', { ...input, ...cause });

/** Erases addresses that nobody needs any more. @returns how many; at most the limit. Safe to repeat. */
export const eraseAddresses = (db: Db, input: { keptMs: number; limit: number }): Promise<{ erased: number }> =>
  callCommand(db, 'erase_addresses', input);

export interface DeliveryRow {
  readonly awardId: string;
  readonly rank: number;
  readonly prize: string;
  readonly awardState: AwardState;
  readonly state: DeliveryState;
  readonly carrier: string | null;
  readonly trackingNumber: string | null;
  readonly shippedAt: Date | null;
  readonly problem: string | null;
  /** Null once it is erased. */
  readonly addressSealed: Uint8Array | null;
}

const PIECE = 500;

/** Deliveries of a giveaway whose claims are verified, by rank, in pieces. */
export async function* exportDeliveries(db: Db, giveawayId: string): AsyncGenerator<DeliveryRow[]> {
  for (let after = 0; ;) {
    const rows = await db('giveaway_deliveries as d')
      .join('giveaway_awards as a', 'a.id', 'd.award_id')
      .join('giveaway_prizes as u', 'u.id', 'a.prize_id')
      .join('giveaway_prize_groups as g', 'g.id', 'u.group_id')
      .where('d.giveaway_id', giveawayId)
      .whereIn('a.state', ['VERIFIED', 'FULFILLING', 'FULFILLED'])
      .andWhere('a.rank', '>', after)
      .orderBy('a.rank')
      .limit(PIECE)
      .select<DeliveryRow[]>({
        awardId: 'a.id',
        rank: 'a.rank',
        prize: 'g.name',
        awardState: 'a.state',
        state: 'd.state',
        carrier: 'd.carrier',
        trackingNumber: 'd.tracking_number',
        shippedAt: 'd.shipped_at',
        problem: 'd.problem',
        addressSealed: 'd.address_sealed',
      });
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    after = last.rank;
  }
}
