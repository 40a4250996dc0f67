import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditDatabase } from '../../db/audit-books.ts';
import { disputeFunding } from '../../db/wallet/dispute-funding.ts';
import { beginFunding, failFunding } from '../../db/wallet/fund-wallet.ts';
import { holdWallet, postWalletHold } from '../../db/wallet/hold-wallet.ts';
import { beginWithdrawal, completeWithdrawal, refuseWithdrawal } from '../../db/wallet/withdraw-wallet.ts';
import { auditAfter, book, firedOf, LEDGER_BREAKS } from '../support/breaks.ts';
import { cause } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { fundHost } from '../support/wallets.ts';

const hosts = { rich: randomUUID(), other: randomUUID(), disputed: randomUUID() };
const giveawayId = randomUUID();
const publishId = randomUUID();
const prizeId = randomUUID();
const winner = randomUUID();
const entryId = randomUUID();
const LATE = `now() - interval '1 hour'`;

/** A giveaway that was drawn: one prize, one entrant, one award. */
const DRAWN = [
  `insert into giveaways (id, host_id, title, state, currency, closes_at, claim_window_ms, rules, publish_id)
   values ('${giveawayId}', '${hosts.rich}', 'T', 'OPEN', 'USD', now(), 60000, '{}', '${publishId}')`,
  `insert into giveaway_prize_groups (id, giveaway_id, position, name) values ('${prizeId}', '${giveawayId}', 1, 'Card')`,
  `insert into giveaway_prizes (id, giveaway_id, group_id, position, merchant_id, catalogue_item_id, card_id, face_minor, currency)
   values ('${prizeId}', '${giveawayId}', '${prizeId}', 1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 5000, 'USD')`,
  `insert into giveaway_entries (id, giveaway_id, participant_id, method, period, weight)
   values ('${entryId}', '${giveawayId}', '${winner}', 'direct', 'once', 1)`,
  `insert into giveaway_participants (giveaway_id, participant_id, commitment)
   values ('${giveawayId}', '${winner}', sha256('1')), ('${giveawayId}', '${hosts.other}', sha256('2'))`,
  `insert into giveaway_ranking_pages (giveaway_id, draw_number, first_rank, commitments)
   values ('${giveawayId}', 1, 1, sha256('1') || sha256('2'))`,
  `insert into giveaway_awards (id, giveaway_id, draw_number, prize_id, rank, participant_id, reason, claim_expires_at)
   values (gen_random_uuid(), '${giveawayId}', 1, '${prizeId}', 1, '${winner}', 'drawn', now())`,
  `update giveaways set state = 'COMPLETED' where id = '${giveawayId}'`,
];

const OPENED = `insert into giveaway_instant_wins (giveaway_id, closes_at, attempt_count, last_attempt_at, units_left) values ('${giveawayId}', now(), 0, now(), 0)`;

const BREAKS: Readonly<Record<string, readonly string[]>> = {
  ...LEDGER_BREAKS,
  'wallets.balance': [book(`host:wallet/${hosts.rich}`, `host:wallet/${hosts.other}`)],
  'wallets.pending': [
    `insert into wallet_holds (id, host_id, currency, gross_minor, fee_minor) values (gen_random_uuid(), '${hosts.other}', 'USD', 5, 0)`,
  ],
  'wallets.carried-fees': [book('platform:losses/platform', `fees:funding/${hosts.rich}`)],
  'wallets.receivable': [book(`host:receivable/${hosts.rich}`, 'platform:losses/platform')],
  'withdrawals.one-live-intent': [
    'drop index wallet_withdrawal_intents_one_live',
    `insert into wallet_withdrawal_intents (id, withdrawal_id, number, amount_minor, currency, destination_account)
     select gen_random_uuid(), id, 2, 5, currency, 'acct' from wallet_withdrawals where state = 'SUCCEEDED'`,
  ],
  'withdrawals.one-effect': [`update wallet_withdrawals set amount_minor = amount_minor + 1 where state = 'FAILED'`],
  'fundings.one-effect': [`update wallet_fundings set amount_minor = amount_minor + 1 where state = 'FAILED'`],
  'wallets.frozen': [`update wallets set state = 'ACTIVE' where host_id = '${hosts.disputed}'`],
  'awards.per-prize': [
    'drop index giveaway_awards_one_live_per_prize',
    `insert into giveaway_entries (id, giveaway_id, participant_id, method, period, weight)
     values (gen_random_uuid(), '${giveawayId}', '${hosts.other}', 'direct', 'once', 1)`,
    `insert into giveaway_awards (id, giveaway_id, draw_number, prize_id, rank, participant_id, reason, claim_expires_at)
     values (gen_random_uuid(), '${giveawayId}', 1, '${prizeId}', 2, '${hosts.other}', 'drawn', now())`,
  ],
  'awards.ranking': [
    'alter table giveaway_ranking_pages disable trigger all',
    `update giveaway_ranking_pages set commitments = sha256('2') || sha256('1')`,
  ],
  // What is won at once follows no ranking: the drawn award would be one that no attempt has won.
  'instant-wins.slots': [
    OPENED,
    `insert into giveaway_instant_slots (giveaway_id, position, unit_id, attempt) values ('${giveawayId}', 1, '${prizeId}', 1)`,
  ],
  'instant-wins.numbers': [OPENED.replace('0, now()', '7, now()')],
  'instant-wins.left': [OPENED.replace('now(), 0)', 'now(), 3)')],
  'holds.published': [`update giveaways set publish_id = gen_random_uuid()`],
  'entries.confirmed': [
    `insert into giveaway_verifications (entry_id, giveaway_id, account, verdict) values ('${entryId}', '${giveawayId}', 'someone', 'FAIL')`,
  ],
  'deliveries.states': [
    `update giveaway_prizes set kind = 'physical', card_id = null, merchant_id = null, catalogue_item_id = null`,
    `update giveaway_awards set state = 'VERIFIED', verified_at = now()`,
  ],
  'awards.eligible': [
    `insert into giveaway_exclusions (giveaway_id, participant_id, code, reason, decided_by) values ('${giveawayId}', '${winner}', 'blocked', 'x', 'x')`,
  ],
};

/** A proof is read on a connection of its own, which sees what is committed. */
const FORGED_PROOF = `insert into giveaway_draws (giveaway_id, draw_number, secret_sealed, secret_hash, rules_text, drawn_at, proof_head)
  values ('${giveawayId}', 1, '', '', '', now(), '{}')`;

const LATE_BREAKS: Readonly<Record<string, readonly [string, string]>> = {
  'a giveaway that nobody closes': ['giveaways.deadlines', `update giveaways set state = 'OPEN', closes_at = ${LATE}`],
  'a publish without an owner': ['giveaways.deadlines', `update giveaways set state = 'FUNDING', updated_at = ${LATE}`],
  'a prize that nobody sends': [
    'deliveries.sent',
    `with claimed as (
       insert into giveaway_deliveries (award_id, giveaway_id) select id, giveaway_id from giveaway_awards returning award_id)
     update giveaway_awards set state = 'VERIFIED', verified_at = now() - interval '15 days'
     where id in (select award_id from claimed)`,
  ],
  'a charge that nobody asks about': [
    'wallets.deadlines',
    `update wallet_fundings set updated_at = now() - interval '26 hours' where state = 'PENDING'`,
  ],
};

describe('the auditor of the giveaway database', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
    const { db } = test;
    for (const hostId of Object.values(hosts)) await fundHost(db, { hostId, amountMinor: 30_000n, feeMinor: 900n });
    const fund = { hostId: hosts.other, currency: 'USD', amountMinor: 5_000n, source: 'tok' };
    const [pending, failed] = [randomUUID(), randomUUID()];
    for (const fundingId of [pending, failed]) await beginFunding(db, { ...fund, fundingId }, cause);
    await failFunding(db, { fundingId: failed, failureCode: 'card_declined' }, cause);
    await holdWallet(db, { id: publishId, hostId: hosts.rich, currency: 'USD', giveawayId, grossMinor: 5_000n }, cause);
    await postWalletHold(db, publishId, cause);
    const withdraw = async (amountMinor: bigint) => {
      const order = {
        withdrawalId: randomUUID(),
        hostId: hosts.rich,
        currency: 'USD',
        amountMinor,
        payoutMinimumMinor: 0n,
      };
      const { withdrawalId, intent } = await beginWithdrawal(db, order, cause);
      return { withdrawalId, intentId: intent?.intentId ?? '' };
    };
    await completeWithdrawal(db, { ...(await withdraw(2_000n)), providerId: 'tr', payoutFeeMinor: 25n }, cause);
    const refused = { failureCode: 'account_closed', balanceShort: false };
    await refuseWithdrawal(db, { ...(await withdraw(1_000n)), ...refused }, cause);
    const funding = await db('wallet_fundings').where({ host_id: hosts.disputed }).first<{ id: string }>('id');
    await disputeFunding(db, { fundingId: funding.id, amountMinor: 30_000n }, cause);
    for (const statement of DRAWN) await db.raw(statement);
  });
  afterAll(() => test.drop());

  it('finds nothing where nothing is broken', async () => {
    expect(firedOf((await auditDatabase(test.db, 'giveaway')).results)).toEqual([]);
  });

  it('has a break for each of its checks', async () => {
    const { results } = await auditDatabase(test.db, 'giveaway');
    const late = Object.values(LATE_BREAKS).map(([name]) => name);
    expect([...new Set([...Object.keys(BREAKS), ...late, 'draws.proof'])].toSorted()).toEqual(
      results.map(({ name }) => name).toSorted(),
    );
  });

  it.each(Object.entries(BREAKS))('%s finds its break, and no other check does', async (name, statements) => {
    expect(await auditAfter(test.db, 'giveaway', statements)).toEqual([
      { name, verdict: 'broken', currencies: name === 'ledger.sums-to-zero' ? ['EUR', 'USD'] : ['USD'] },
    ]);
  });

  it.each(Object.entries(LATE_BREAKS))('%s is late, and breaks nothing', async (_what, [name, statement]) => {
    expect(await auditAfter(test.db, 'giveaway', [statement])).toEqual([
      { name, verdict: 'late', currencies: ['USD'] },
    ]);
  });

  it('draws.proof finds a proof that does not verify, and no other check does', async () => {
    await test.db.raw(FORGED_PROOF);
    expect(firedOf((await auditDatabase(test.db, 'giveaway')).results)).toEqual([
      { name: 'draws.proof', verdict: 'broken', currencies: ['USD'] },
    ]);
  });
});
