import type { Database } from '../connect.ts';
import { runChecks, type Check, type InvariantCheck } from '../ledger/invariants.ts';
import { AIRTIME_CHECKS } from './audit-airtime.ts';
import { CARD_CHECKS } from './audit-cards.ts';
import { SETTLEMENT_CHECKS } from './audit-settlements.ts';

/** The invariants of the giftcard database, besides those of every book. */
export const GIFTCARD_CHECKS: readonly Check[] = [...CARD_CHECKS, ...SETTLEMENT_CHECKS, ...AIRTIME_CHECKS];

export const checkGiftcards = (db: Database): Promise<InvariantCheck[]> => runChecks(db, 'giftcard', GIFTCARD_CHECKS);
