import { nameUuid } from '../../domain/ids.ts';
import { sha1 } from '../../runtime/crypto.ts';
import { logIn, registerPerson, type Person } from '../../scripts/demo/people.ts';
import { expectStatus, type ApiClient } from '../../scripts/stack/http-client.ts';
import type { Stack } from '../../scripts/stack/stack.ts';
import { connectTemporal } from '../../temporal-config/client.ts';
import { runSettlementsId } from '../../workflows/giftcard/settlement.contract.ts';
import { airtimeProvider, type AirtimeProvider } from '../support/airtime-provider.ts';
import { insist, untilSaid } from './patience.ts';

export const CARD_FACE_MINOR = '5000';
/** So many prizes a giveaway may have of which one person may win one each. */
const PRIZES_EACH = 10;
/** Whose numbers are those of the simulator's operator in Washington. */
const OPERATOR = 'capital-us';
const NUMBERS_FROM = 12_025_552_000;
const CLOSES_IN_MS = 3_600_000;
const SETTLEMENT_RUNS = '/v1/finance/settlement-runs';

/** A card that tops up a phone, with who has won it, and the phone. */
export interface AirtimeCard {
  readonly cardId: string;
  readonly winner: Person;
  readonly phone: string;
}

interface Around {
  readonly giveaways: ApiClient;
  readonly cards: ApiClient;
  readonly host: Person;
  readonly environment: Readonly<Record<string, string>>;
}

/** The airtime provider from outside. */
export const airtimeProviderOf = (stack: Stack): AirtimeProvider =>
  airtimeProvider(stack.applicationUrl('airtime-simulator'), stack.environment['AIRTIME_SIMULATOR_ADMIN_TOKEN'] ?? '');

/** Cards of a reseller of airtime that people have won; more of them are won when they are needed. */
export class AirtimePurse {
  readonly #around: Around;
  readonly #won: AirtimeCard[] = [];
  #item: Promise<object> | undefined;
  #numbers = NUMBERS_FROM;

  constructor(around: Around) {
    this.#around = around;
  }

  /** While nothing is broken. */
  async take(count: number): Promise<AirtimeCard[]> {
    while (this.#won.length < count) this.#won.push(...(await this.#win(count - this.#won.length)));
    return this.#won.splice(0, count);
  }

  /** The reseller is paid by the day: now, for all that reached phones. It is over when everybody's settlement is. */
  async payOut(finance: Person): Promise<void> {
    if (!this.#item) return;
    const [token, key] = [finance.token, crypto.randomUUID()];
    const run = { token, key, body: { cadence: 'daily' } };
    await insist('the payout', () => this.#around.cards('POST', SETTLEMENT_RUNS, run), [202]);
    // The answer says no more than that it has begun.
    const runId = nameUuid(sha1, 'giftcard-api', `user:${finance.id}`, `post ${SETTLEMENT_RUNS}`, key);
    await untilPaidOut(this.#around.environment['TEMPORAL_ADDRESS'] ?? '', runSettlementsId(runId));
  }

  async #win(count: number): Promise<AirtimeCard[]> {
    const { giveaways, host } = this.#around;
    const quantity = Math.ceil(count / PRIZES_EACH);
    const item = await (this.#item ??= this.#openShop());
    const prize = { kind: 'airtime', ...item, amountMinor: CARD_FACE_MINOR, quantity };
    const body = {
      title: 'Airtime',
      currency: 'USD',
      closesAt: new Date(Date.now() + CLOSES_IN_MS).toISOString(),
      drawBy: 'hand',
      prizesPerPerson: 'several',
      prizes: Array.from({ length: PRIZES_EACH }, (_, index) => ({ ...prize, name: `Airtime ${index + 1}` })),
    };
    const { token } = host;
    const giveaway = `/v1/giveaways/${expectStatus(await giveaways('POST', '/v1/giveaways', { token, body }), 201).body.id}`;
    const key = crypto.randomUUID();
    await insist('the publish', () => giveaways('POST', `${giveaway}/publish`, { token, key }), [201]);
    const reaches = (states: readonly string[]): Promise<string> =>
      untilSaid(`the giveaway to be ${states[0]}`, async () => {
        const { state } = (await giveaways('GET', giveaway, { token })).body;
        return states.includes(state) ? (state as string) : undefined;
      });
    await reaches(['OPEN']);
    const winners = await Promise.all(
      Array.from({ length: quantity }, () => registerPerson(giveaways, 'Wilma Winner', ['participant'])),
    );
    for (const winner of winners)
      expectStatus(await giveaways('POST', `${giveaway}/entries`, { token: winner.token }), 201);
    expectStatus(await giveaways('POST', `${giveaway}/draw`, { token }), 202);
    await reaches(['FULFILLING', 'COMPLETED']);
    return (await Promise.all(winners.map((winner) => this.#claimAll(winner)))).flat();
  }

  async #claimAll(winner: Person): Promise<AirtimeCard[]> {
    const { giveaways } = this.#around;
    const { token } = winner;
    const awards = async (): Promise<{ awardId: string; cardId: string; state: string }[]> =>
      expectStatus(await giveaways('GET', '/v1/awards', { token }), 200).body.data;
    for (const { awardId } of await awards())
      await insist('a claim', () => giveaways('POST', `/v1/awards/${awardId}/claim`, { token }), [201]);
    const mine = await untilSaid('the cards', async () => {
      const all = await awards();
      return all.every(({ state }) => state === 'FULFILLED') ? all : undefined;
    });
    return mine.map(({ cardId }) => ({ cardId, winner, phone: `+${(this.#numbers += 1)}` }));
  }

  async #openShop(): Promise<object> {
    const { giveaways, cards, environment } = this.#around;
    const { BOOTSTRAP_ADMIN_EMAIL: email = '', BOOTSTRAP_ADMIN_PASSWORD: password = '' } = environment;
    const { id: ownerId, token } = await registerPerson(giveaways, 'Rita Reseller', ['merchant']);
    const named = { name: 'Airtime', payoutAccount: `acct_${ownerId.slice(0, 8)}`, payoutSchedule: 'daily', ownerId };
    const admin = await logIn(giveaways, email, password);
    const opened = await cards('POST', '/v1/airtime/merchants', { token: admin, body: named });
    const merchantId = expectStatus(opened, 201).body.id as string;
    const item = {
      name: 'Airtime',
      currency: 'USD',
      minMinor: '100',
      maxMinor: CARD_FACE_MINOR,
      operators: [OPERATOR],
    };
    const offered = await cards('POST', `/v1/merchants/${merchantId}/catalogue-items`, { token, body: item });
    return { merchantId, catalogueItemId: expectStatus(offered, 201).body.id as string };
  }
}

/** The run, and then every settlement that it has started, to its end. */
async function untilPaidOut(address: string, run: string): Promise<void> {
  const { giftcard, connection } = connectTemporal(address);
  const completes = (workflowId: string): Promise<true> =>
    untilSaid(`${workflowId} to complete`, async () => {
      const { status } = await giftcard.workflow.getHandle(workflowId).describe();
      return status.name === 'COMPLETED' ? true : undefined;
    });
  try {
    await completes(run);
    const { events } = await giftcard.workflow.getHandle(run).fetchHistory();
    for (const { startChildWorkflowExecutionInitiatedEventAttributes: started } of events ?? [])
      if (started?.workflowId) await completes(started.workflowId);
  } finally {
    await connection.close();
  }
}
