import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cardHistory } from '../../db/giftcard/card-history.ts';
import { findCard } from '../../db/giftcard/queries.ts';
import { cardAfter } from '../../domain/card-history.ts';
import { sharesUpTo } from '../../domain/settlement.ts';
import { brokenCardBooks, issueCard, openCardShop } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { randomLives } from '../support/random-lives.ts';
import { action, CardLife, type Model } from './card-model.ts';

const lives = randomLives({ seed: 20_261_121, runs: 45 });
const STEPS = 40;
/** Of one merchant, who has nothing else: what one of them takes is missing for the other. */
const CARDS = 2;

const SCHEDULES = ['instant', 'daily'] as const;
/** With two, no and three places after the point: a book of its own each. */
const CURRENCIES = ['USD', 'JPY', 'KWD'] as const;

const history = fc.record({
  schedule: fc.constantFrom(...SCHEDULES),
  currency: fc.constantFrom(...CURRENCIES),
  cards: fc.array(
    fc.record({ face: fc.bigInt({ min: 3n, max: 20_000n }), feePart: fc.bigInt({ min: 0n, max: 80n }) }),
    {
      minLength: CARDS,
      maxLength: CARDS,
    },
  ),
  actions: fc.array(fc.tuple(fc.nat({ max: CARDS - 1 }), action), { minLength: 20, maxLength: STEPS, size: 'max' }),
});

const NOTHING = { held: 0n, redeemed: 0n, refunded: 0n, released: 0n, outliving: 0n, expired: false };

describe('random lives of cards', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
  });
  afterAll(() => test.drop());

  /** F, S and M of a card as its ledger has them: what left its escrow for each, less what came back. */
  async function sharesBooked(cardId: string, currency: string): Promise<bigint[]> {
    const { rows } = (await test.db.raw(
      `select coalesce(sum(case t.debit_account_id when e.id then t.amount_minor else -t.amount_minor end), 0)::bigint as minor
       from unnest(array['fee', 'service', 'merchant']) with ordinality as share(name, place)
       cross join (select ledger_uuid('account', 'escrow', ?, ?) as id) e
       left join ledger_transfers t on t.code in ('redeem.' || share.name, 'refund.' || share.name)
         and e.id in (t.debit_account_id, t.credit_account_id)
       group by share.place order by share.place`,
      [cardId, currency],
    )) as { rows: { minor: bigint }[] };
    return rows.map(({ minor }) => minor);
  }

  /** A card in the database, told by its events and by its ledger, is what the model says. */
  async function agrees({ cardId, face, fee, ...model }: Model, currency: string): Promise<void> {
    const { remaining, held, redeemed, refunded, released } = model;
    expect(await findCard(test.db, cardId)).toMatchObject({
      remaining_minor: remaining,
      held_minor: held,
      redeemed_minor: redeemed,
      refunded_minor: refunded,
      released_minor: released,
    });
    expect(cardAfter(await cardHistory(test.db, cardId))).toMatchObject({
      remainingMinor: remaining,
      heldMinor: held,
      redeemedMinor: redeemed,
      refundedMinor: refunded,
      releasedMinor: released,
    });
    // The parts and refunds add up to T(C), to the unit, and that to C.
    const [bookedFee, service, merchant] = await sharesBooked(cardId, currency);
    const whole = sharesUpTo(redeemed - refunded, {
      faceMinor: face,
      fundingFeeMinor: fee,
      ratePpm: 50_000n,
      minMinor: 0n,
      maxMinor: null,
    });
    expect([bookedFee, service, merchant]).toEqual([whole.feeMinor, whole.serviceMinor, whole.merchantMinor]);
    expect((bookedFee ?? 0n) + (service ?? 0n) + (merchant ?? 0n)).toBe(redeemed - refunded);
  }

  it(
    `have their money where a small model says after every step, whatever happens in what order (seed ${lives.seed})`,
    async () => {
      await lives.live(history, async ({ schedule, currency, cards, actions }) => {
        const shop = await openCardShop(test.db, { payoutSchedule: schedule, currency });
        const both: CardLife[] = [];
        for (const { face, feePart } of cards) {
          const fee = (face * feePart) / 1_000n;
          const cardId = await issueCard(test.db, shop, { faceMinor: face, fundingFeeMinor: fee, currency });
          const model = { cardId, face, fee, remaining: face, ...NOTHING, redemptions: [], waiting: [], holds: [] };
          both.push(new CardLife(test.db, model, shop, { instant: schedule === 'instant', currency }));
        }
        for (const [card, one] of actions) {
          await both[card]?.act(one);
          if (one.kind === 'sweep') for (const life of both) life.swept();
          for (const { model } of both) await agrees(model, currency);
          expect(await brokenCardBooks(test.db)).toEqual([]);
        }
      });
    },
    lives.timeoutMs,
  );
});
