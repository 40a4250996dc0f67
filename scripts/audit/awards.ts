import type { Database } from '../../db/connect.ts';
import { auditRows, type InvariantCheck } from '../../db/ledger/audit.ts';

const LIVE_AWARDS = `
  select p.card_id, p.face_minor from giveaway_awards a join giveaway_prizes p on p.id = a.prize_id
  where a.state not in ('EXPIRED', 'DECLINED', 'DISQUALIFIED')`;
const CARDS = `select id as card_id, face_minor from gift_cards where state = 'ISSUED'`;

interface Card {
  readonly card_id: string;
  readonly face_minor: bigint;
}

/** Whoever was awarded a prize finds its escrow in the other book, with the same face. */
export async function checkAwards(giveaway: Database, giftcard: Database): Promise<InvariantCheck> {
  const awarded = await auditRows<Card>(giveaway, LIVE_AWARDS);
  const faces = new Map((await auditRows<Card>(giftcard, CARDS)).map((card) => [card.card_id, card.face_minor]));
  const broken = awarded.filter(({ card_id, face_minor }) => faces.get(card_id) !== face_minor);
  return {
    invariant: 'every live award has its escrow',
    book: 'giveaway and giftcard',
    checked: awarded.length,
    broken: broken.length,
  };
}
