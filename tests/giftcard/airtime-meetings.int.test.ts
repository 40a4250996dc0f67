import assert from 'node:assert/strict';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as vends from '../../db/giftcard/vend-airtime.ts';
import { openAirtimeShop, topUpOf, winAirtime, type AirtimeCard } from '../support/airtime.ts';
import { brokenCardBooks, cause } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { either, randomLives, refusedByName, twoPeople } from '../support/random-lives.ts';
import { action as cardAction, CardMeetings } from './meeting-model.ts';

const lives = randomLives({ seed: 20_261_128, runs: 15 });
const part = fc.nat({ max: 99 });

const vendAction = fc.oneof(
  either(4, ['begin'], part),
  either(6, ['answer'], part),
  either(3, ['unknown', 'resume', 'park', 'decide', 'take-back'], part),
);
type VendAction = typeof vendAction extends fc.Arbitrary<infer T> ? T : never;
/** Cards of airtime are spent by topping up alone; what follows from it is as with any other card. */
const meeting = fc.record({
  vends: fc.array(vendAction, { minLength: 1, maxLength: 3 }),
  cards: fc.array(
    cardAction.filter(({ kind }) => kind !== 'redeem' && kind !== 'hold'),
    { maxLength: 2 },
  ),
});
const meetings = fc.array(meeting, { minLength: 12, maxLength: 25, size: 'max' });

interface OpenVend {
  readonly id: string;
  readonly state: string;
  readonly case_number: number;
  readonly intent: string | null;
}

/** What the provider says of an intent is its own, and the same whoever asks how often; of some it never says anything. */
function outcomeOf(intentId: string): 'delivered' | 'failed' | 'low-float' | 'never-known' {
  const first = Number.parseInt(intentId.slice(0, 2), 16);
  if (first < 0x80) return 'delivered';
  if (first < 0xb0) return 'failed';
  return first < 0xd8 ? 'low-float' : 'never-known';
}

/** Top-ups of a merchant's cards, whose commands meet at the same moment, each of them twice. */
class VendMeetings {
  readonly #test: TestDatabase;
  readonly #cards: readonly AirtimeCard[];

  constructor(test: TestDatabase, cards: readonly AirtimeCard[]) {
    this.#test = test;
    this.#cards = cards;
  }

  async meet(actions: readonly VendAction[]): Promise<void> {
    const open = await this.#look();
    const commands = actions.flatMap((one) => this.#command(one, open) ?? []);
    await refusedByName(commands.flatMap((command) => [command(), command()]));
  }

  #command({ kind, part: n }: VendAction, open: readonly OpenVend[]): (() => Promise<unknown>) | undefined {
    const { db } = this.#test;
    const vend = open[n % Math.max(1, open.length)];
    if (kind === 'begin') {
      const card = this.#cards[n % this.#cards.length] as AirtimeCard;
      const input = topUpOf(card, { amountMinor: BigInt(100 + n * 10) });
      return () => vends.beginVend(db, input, cause);
    }
    if (!vend) return undefined;
    const { id: vendId, intent: intentId } = vend;
    switch (kind) {
      case 'answer':
        return () => this.#answer(vend);
      case 'unknown':
        return () => vends.markVendUnknown(db, { vendId, reason: 'test' }, cause);
      case 'resume':
        return () => vends.resumeVend(db, { vendId }, cause);
      case 'park':
        return () => vends.parkVend(db, { vendId, reason: 'test' }, cause);
      case 'decide':
        return () => this.#decide(vend, n);
      case 'take-back':
        return intentId && vend.state === 'DELIVERED' && n % 3 === 0
          ? () => vends.reverseVend(db, { intentId }, cause)
          : undefined;
    }
  }

  async #answer({ id: vendId, intent: intentId, state }: OpenVend): Promise<void> {
    const { db } = this.#test;
    if (intentId === null || state === 'DELIVERED') return;
    const outcome = outcomeOf(intentId);
    if (outcome === 'delivered') await vends.deliverVend(db, { vendId, intentId, providerId: intentId }, cause);
    if (outcome === 'failed') await vends.failVend(db, { vendId, intentId, failureCode: 'test' }, cause);
    if (outcome === 'low-float') await vends.pauseVend(db, { vendId, intentId }, cause);
  }

  /** What is never known is settled by two people; of anything else the provider is asked again. */
  async #decide({ id: vendId, state, case_number: caseNumber, intent }: OpenVend, n: number): Promise<void> {
    const { db } = this.#test;
    if (state !== 'NEEDS_ATTENTION' || intent === null) return;
    const decision = { vendId, caseNumber, decisionReason: 'test' };
    if (outcomeOf(intent) !== 'never-known') {
      await vends.retryVend(db, decision, cause);
      return;
    }
    const kind = n % 2 === 0 ? 'take_as_delivered' : 'take_as_failed';
    await twoPeople(db, { subjectType: 'airtime_vend', subjectId: vendId, caseNumber, kind });
    await vends.settleVendCase(db, { ...decision, kind }, cause);
  }

  /** Top-ups that are not over, and those that may be taken back. */
  async #look(): Promise<OpenVend[]> {
    const { rows } = (await this.#test.db.raw(
      `select v.id, v.state, v.case_number, (select i.id from airtime_intents i where i.vend_id = v.id
         and i.state in ('SENT', 'UNKNOWN', 'DELIVERED')) as intent
       from airtime_vends v where v.card_id = any (?) and v.state not in ('FAILED_DEFINITE', 'REVERSED') order by v.id`,
      [this.#cards.map(({ cardId }) => cardId)],
    )) as { rows: OpenVend[] };
    return rows;
  }

  async finish(): Promise<void> {
    for (let round = 0; round < 60; round += 1) {
      const open = (await this.#look()).filter(({ state }) => state !== 'DELIVERED');
      if (open.length === 0) return;
      for (const vend of open) {
        if (vend.state === 'WAITING_FOR_FLOAT') await vends.resumeVend(this.#test.db, { vendId: vend.id }, cause);
        else if (vend.state === 'NEEDS_ATTENTION') await this.#decide(vend, 0);
        else if (vend.intent !== null && outcomeOf(vend.intent) === 'never-known')
          await vends.parkVend(this.#test.db, { vendId: vend.id, reason: 'test' }, cause);
        else await this.#answer(vend);
      }
    }
    assert.fail(`is stuck: ${JSON.stringify(await this.#look())}`);
  }
}

describe('top-ups on which commands meet at random', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
  });
  afterAll(() => test.drop());

  it(
    `keep every invariant, are refused by name, and end (seed ${lives.seed})`,
    async () => {
      await lives.live(meetings, async (life) => {
        const shop = await openAirtimeShop(test.db);
        const cards = [await winAirtime(test.db, shop, 3_000n), await winAirtime(test.db, shop, 2_000n)];
        const ids = cards.map(({ cardId }) => cardId);
        const others = new CardMeetings(test.db, shop, ids, { currency: 'USD', instant: false });
        const topUps = new VendMeetings(test, cards);
        for (const one of life) {
          await Promise.all([topUps.meet(one.vends), others.meet(one.cards)]);
          await others.check();
          expect(await brokenCardBooks(test.db)).toEqual([]);
        }
        await topUps.finish();
        await others.finish();
        expect(await brokenCardBooks(test.db)).toEqual([]);
      });
    },
    lives.timeoutMs,
  );
});
