import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { Database } from '../../db/connect.ts';
import { creditRelease } from '../../db/wallet/credit-release.ts';
import { disputeFunding, resolveDispute, writeOffDispute } from '../../db/wallet/dispute-funding.ts';
import { holdWallet, postWalletHold, voidWalletHold } from '../../db/wallet/hold-wallet.ts';
import { setPayoutAccount } from '../../db/wallet/payout-account.ts';
import {
  beginWithdrawal,
  completeWithdrawal,
  nextWithdrawalStep,
  refuseWithdrawal,
  returnWithdrawal,
} from '../../db/wallet/withdraw-wallet.ts';
import { cause } from '../support/cards.ts';
import { either, refusedByName, twoPeople } from '../support/random-lives.ts';
import { fundHost, walletOf } from '../support/wallets.ts';

/** What may happen to a wallet. `part` says to which of its rows, and how much of what there is. */
export const action = fc.oneof(
  either(3, ['fund'], fc.nat({ max: 99 })),
  either(6, ['hold', 'withdraw'], fc.nat({ max: 99 })),
  either(4, ['post', 'void', 'release'], fc.nat({ max: 99 })),
  either(4, ['answer', 'returned', 'account'], fc.nat({ max: 99 })),
  either(1, ['dispute'], fc.nat({ max: 99 })),
  either(3, ['resolve', 'write-off'], fc.nat({ max: 99 })),
);
export type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

interface Case {
  readonly id: string;
  readonly caseNumber: number;
}

/** What there is to act on, when a meeting begins. */
interface Sight {
  readonly fundings: readonly { readonly id: string; readonly amount: string }[];
  readonly held: readonly string[];
  readonly posted: readonly { readonly id: string; readonly cash: string; readonly fee: string }[];
  readonly paying: readonly string[];
  readonly paid: readonly string[];
  readonly disputes: readonly Case[];
  readonly lost: readonly Case[];
}

/** What the provider says of an intent is its own, and the same whoever asks how often. */
const answerOf = (intentId: string): 'paid' | 'refused' | 'pool-short' => {
  const first = Number.parseInt(intentId.slice(0, 2), 16);
  return first < 0x40 ? 'refused' : first < 0x70 ? 'pool-short' : 'paid';
};
/** A saga posts or voids, and never both: to void what is posted is a fault, which no command takes for an answer. */
const isPosted = (holdId: string): boolean => Number.parseInt(holdId.slice(0, 2), 16) < 0x80;
/** Neither the wallet's own checks nor the order of its commands may leave these to the ledger. */
const FOR_OURS = /^ledger_(insufficient|account)|^(funding|withdrawal|dispute)_not_found$/;

/** A wallet on which commands meet at the same moment. */
export class WalletMeetings {
  readonly hostId = randomUUID();
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** @throws what is no refusal: a deadlock, a broken rule of the tables, a booking that the books do not cover. */
  async meet(actions: readonly Action[]): Promise<void> {
    const sight = await this.#look();
    const [balance = 0n] = await walletOf(this.#db, this.hostId);
    await refusedByName(
      actions.map((one) => this.#act(one, sight, balance)),
      (code) => FOR_OURS.test(code),
    );
  }

  /** Each is asked twice at once, as by a workflow whose worker was thought dead. */
  async #act({ kind, part }: Action, sight: Sight, balance: bigint): Promise<void> {
    const command = this.#command(kind, part, sight, balance);
    if (command) await Promise.all([command(), command()]);
  }

  #command(kind: Action['kind'], part: number, sight: Sight, balance: bigint): (() => Promise<unknown>) | undefined {
    const [db, money] = [this.#db, { hostId: this.hostId, currency: 'USD' }];
    const amount = (balance * BigInt(part)) / 150n + 1n;
    const id = randomUUID();
    switch (kind) {
      case 'fund':
        return this.#fund(BigInt(part) * 97n + 1n);
      case 'hold':
        return () => holdWallet(db, { id, ...money, giveawayId: null, grossMinor: amount }, cause);
      case 'withdraw': {
        const input = { withdrawalId: id, ...money, amountMinor: amount, payoutMinimumMinor: 1n };
        return () => beginWithdrawal(db, input, cause);
      }
      case 'post':
        return onSome(sight.held.filter(isPosted), part, (held) => postWalletHold(db, held, cause));
      case 'void':
        return onSome(
          sight.held.filter((held) => !isPosted(held)),
          part,
          (held) => voidWalletHold(db, held, cause),
        );
      case 'release':
        return onSome(sight.posted, part, ({ id: releaseId, cash, fee }) => {
          const amounts = { cashMinor: BigInt(cash), feeMinor: BigInt(fee) };
          return creditRelease(db, { releaseId, ...money, ...amounts, reason: 'test', giveawayId: null }, cause);
        });
      case 'answer':
        return onSome(sight.paying, part, (withdrawalId) => this.#answer(withdrawalId));
      case 'returned':
        return onSome(sight.paid, part, (withdrawalId) => returnWithdrawal(db, { withdrawalId }, cause));
      case 'account':
        return () => setPayoutAccount(db, { ...money, payoutAccount: `acct_${part}` }, cause);
      case 'dispute':
        return onSome(sight.fundings, part, ({ id: fundingId, amount: whole }) =>
          disputeFunding(db, { fundingId, amountMinor: (BigInt(whole) * BigInt(part + 1)) / 60n + 1n }, cause),
        );
      case 'resolve': {
        const outcome = part % 2 === 0 ? 'WON' : 'LOST';
        return onSome(sight.disputes, part, ({ id: disputeId, caseNumber }) =>
          resolveDispute(db, { disputeId, caseNumber, outcome, reason: 'test' }, cause),
        );
      }
      case 'write-off':
        return onSome(sight.lost, part, (lost) => this.#writeOff(lost));
    }
  }

  #fund(amountMinor: bigint): () => Promise<unknown> {
    const { hostId } = this;
    return () => fundHost(this.#db, { hostId, amountMinor, feeMinor: amountMinor / 33n });
  }

  async #answer(withdrawalId: string): Promise<void> {
    const { intent } = await nextWithdrawalStep(this.#db, { withdrawalId }, cause);
    if (!intent) return;
    const ref = { withdrawalId, intentId: intent.intentId };
    const answer = answerOf(ref.intentId);
    if (answer === 'paid')
      await completeWithdrawal(this.#db, { ...ref, providerId: ref.intentId, payoutFeeMinor: 3n }, cause);
    else
      await refuseWithdrawal(this.#db, { ...ref, failureCode: 'test', balanceShort: answer === 'pool-short' }, cause);
  }

  async #writeOff({ id: disputeId, caseNumber }: Case): Promise<void> {
    await twoPeople(this.#db, { subjectType: 'dispute', subjectId: disputeId, caseNumber, kind: 'write_off' });
    await writeOffDispute(this.#db, { disputeId, caseNumber, reason: 'test' }, cause);
  }

  async #look(): Promise<Sight> {
    const { rows } = (await this.#db.raw(SIGHT, { host: this.hostId })) as { rows: [{ sight: Sight }] };
    return rows[0].sight;
  }

  /** Everything that is under way comes to its end. @throws AssertionError what does not. */
  async finish(): Promise<void> {
    for (let round = 0; round < 60; round += 1) {
      const sight = await this.#look();
      if (sight.held.length + sight.paying.length + sight.disputes.length === 0) return;
      for (const id of sight.held) await voidWalletHold(this.#db, id, cause);
      for (const { id: disputeId, caseNumber } of sight.disputes)
        await resolveDispute(this.#db, { disputeId, caseNumber, outcome: 'LOST', reason: 'test' }, cause);
      for (const withdrawalId of sight.paying) await this.#answer(withdrawalId);
    }
    assert.fail(`is stuck: ${JSON.stringify(await this.#look())}`);
  }
}

const onSome = <T>(among: readonly T[], part: number, act: (one: T) => Promise<unknown>) => {
  const one = among[part % Math.max(1, among.length)];
  return one === undefined ? undefined : () => act(one);
};

const ids = (of: string): string => `(select coalesce(jsonb_agg(x.id order by x.id), '[]') from (${of}) x)`;
const many = (of: string): string => `(select coalesce(jsonb_agg(x), '[]') from (${of}) x)`;
const SIGHT = `select jsonb_build_object(
  'fundings', ${many(`select f.id, f.amount_minor::text as amount from wallet_fundings f where f.host_id = :host and f.state = 'SUCCEEDED'
    and not exists (select from wallet_disputes d where d.id = f.id) order by f.id`)},
  'held', ${ids(`select id from wallet_holds where host_id = :host and state = 'HELD'`)},
  'posted', ${many(`select id, (gross_minor - fee_minor)::text as cash, fee_minor::text as fee from wallet_holds
    where host_id = :host and state = 'POSTED' order by id`)},
  'paying', ${ids(`select id from wallet_withdrawals where host_id = :host and state in ('PAYING', 'WAITING_FOR_BALANCE')`)},
  'paid', ${ids(`select id from wallet_withdrawals where host_id = :host and state = 'SUCCEEDED'`)},
  'disputes', ${many(`select id, case_number as "caseNumber" from wallet_disputes where host_id = :host and state = 'OPEN' order by id`)},
  'lost', ${many(`select id, case_number as "caseNumber" from wallet_disputes where host_id = :host and state = 'LOST' order by id`)}) as sight`;
