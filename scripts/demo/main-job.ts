import fs from 'node:fs';
import path from 'node:path';
import type { Stack } from '../stack/stack.ts';
import { apiClient, expectStatus, type ApiClient } from '../stack/http-client.ts';
import { waitFor, watchGiveaway } from './watch.ts';
import { fundWallet, registerFinance, registerPeople, registerPerson, type Person } from './people.ts';

export interface MainJobOptions {
  readonly participants: number;
  /** From creation to the deadline, at least: a machine that is slow to register people is given longer. */
  readonly deadlineMs: number;
  /** Where the proof is kept; the run folder if absent. */
  readonly proofFolder?: string;
  readonly tell: (line: string) => void;
  /** Called at named points, where a test may break something. */
  readonly at?: (point: 'open' | 'before-settlement' | 'redeeming') => Promise<void>;
}

export interface SettlementReport {
  readonly settlementId: string;
  readonly cardId: string;
  readonly merchantId: string;
  readonly currency: string;
  readonly gross: string;
  readonly fee: string;
  readonly service: string;
  readonly merchant: string;
  readonly state: string;
  readonly history: readonly {
    readonly state: string;
    readonly at: string;
    readonly actor: string;
    readonly reason: string | null;
  }[];
}

export interface MainJobResult {
  readonly giveawayId: string;
  readonly proofFile: string;
  readonly draw: { readonly root: string; readonly seed: string; readonly winners: readonly unknown[] };
  readonly settlements: readonly SettlementReport[];
  readonly socketEvents: readonly { readonly name: string; readonly body: unknown }[];
}

const PRIZES = [10_000n, 10_000n, 5_000n] as const;
const FUNDED = '30000';
const CURRENCY = 'USD';
/** Publishing and entering take less than setting up; this many times as long they may take. */
const ROOM = 4;

/** The whole story over HTTP and sockets, as outsiders would live it. @throws when anything is not as it should be. */
export async function runMainJob(stack: Stack, options: MainJobOptions): Promise<MainJobResult> {
  const { tell, at = () => Promise.resolve() } = options;
  const startedAt = performance.now();
  const giveaways = apiClient(stack.applicationUrl('giveaway-api'));
  const cards = apiClient(stack.applicationUrl('giftcard-api'));

  const merchant = await setUpMerchant(giveaways, cards, tell);
  const host = await registerPerson(giveaways, 'Hanna Host', ['host']);
  const { feeMinor } = await fundWallet(giveaways, host.token, { amountMinor: FUNDED, currency: CURRENCY });
  tell(`The host funded a wallet with ${FUNDED} (minor units of ${CURRENCY}); the provider kept ${feeMinor}.`);

  const people = await registerPeople(giveaways, options.participants);
  const deadlineMs = Math.max(options.deadlineMs, ROOM * (performance.now() - startedAt));
  const giveawayId = await publishGiveaway(giveaways, host, merchant, { deadlineMs });
  tell(`Published giveaway ${giveawayId}: the wallet is posted, the escrow of ${PRIZES.length} cards reserved.`);
  const socket = await watchGiveaway(stack, giveawayId);
  await waitFor('the giveaway to open', async () => (await stateOf(giveaways, giveawayId)) === 'OPEN');
  await enterEach(giveaways, giveawayId, people);
  tell(`${people.length} participants entered; each holds a signed receipt.`);
  await at('open');

  await waitFor('the draw', async () => ['FULFILLING', 'COMPLETED'].includes(await stateOf(giveaways, giveawayId)));
  const { body: proof, text } = expectStatus(await giveaways('GET', `/v1/giveaways/${giveawayId}/proof`), 200);
  const proofFile = path.join(options.proofFolder ?? stack.runDir, `proof-${giveawayId}.json`);
  fs.writeFileSync(proofFile, text);
  tell(`Drawn at the deadline: root ${proof.commitment.root.slice(0, 16)}…, seed ${proof.seed.slice(0, 16)}…`);

  const settlements = await redeemAll(stack, { giveaways, cards, people, merchant, giveawayId, tell, at });
  await waitFor('the giveaway to complete', async () => (await stateOf(giveaways, giveawayId)) === 'COMPLETED');
  await waitFor('the live client to hear it', () =>
    Promise.resolve(socket.events.some(({ body }) => stateIn(body) === 'COMPLETED')),
  );
  socket.close();
  tell(`The live client saw ${socket.events.length} messages, from the countdown to the reveal.`);
  return {
    giveawayId,
    proofFile,
    draw: { root: proof.commitment.root, seed: proof.seed, winners: proof.awards },
    settlements,
    socketEvents: socket.events,
  };
}

export interface MerchantSetUp extends Person {
  readonly merchantId: string;
  readonly itemId: string;
  readonly payoutAccount: string;
}

export async function setUpMerchant(
  giveaways: ApiClient,
  cards: ApiClient,
  tell: (line: string) => void,
): Promise<MerchantSetUp> {
  const owner = await registerPerson(giveaways, 'Mara Merchant', ['merchant']);
  const payoutAccount = `acct_${owner.id.slice(0, 8)}`;
  const { body: merchant } = expectStatus(
    await cards('POST', '/v1/merchants', { token: owner.token, body: { name: 'Mara’s Books', payoutAccount } }),
    201,
  );
  const { body: item } = expectStatus(
    await cards('POST', `/v1/merchants/${merchant.id}/catalogue-items`, {
      token: owner.token,
      body: { name: 'Book card', currency: CURRENCY, amountsMinor: [...new Set(PRIZES.map(String))] },
    }),
    201,
  );
  tell(`Merchant ${merchant.name} registered, with a payout account and a catalogue.`);
  return { ...owner, merchantId: merchant.id, itemId: item.id, payoutAccount };
}

export async function publishGiveaway(
  giveaways: ApiClient,
  host: Person,
  merchant: MerchantSetUp,
  { deadlineMs, change = {} }: Pick<MainJobOptions, 'deadlineMs'> & { change?: object },
): Promise<string> {
  const { body } = expectStatus(
    await giveaways('POST', '/v1/giveaways', {
      token: host.token,
      body: {
        title: 'Three book cards',
        description: 'Enter once; the draw is at the deadline, and anybody can check it.',
        currency: CURRENCY,
        closesAt: new Date(Date.now() + deadlineMs).toISOString(),
        prizes: PRIZES.map((amount) => ({
          merchantId: merchant.merchantId,
          catalogueItemId: merchant.itemId,
          amountMinor: amount.toString(),
        })),
        ...change,
      },
    }),
    201,
  );
  const key = `publish-${body.id}`;
  await waitFor('the publish', async () => {
    const answer = expectStatus(
      await giveaways('POST', `/v1/giveaways/${body.id}/publish`, { token: host.token, key }),
      201,
      202,
      409,
      503,
    );
    return answer.status === 201;
  });
  return body.id as string;
}

export async function enterAll(giveaways: ApiClient, giveawayId: string, count: number): Promise<Person[]> {
  const people = await registerPeople(giveaways, count);
  await enterEach(giveaways, giveawayId, people);
  return people;
}

async function enterEach(giveaways: ApiClient, giveawayId: string, people: readonly Person[]): Promise<void> {
  for (const { token } of people)
    expectStatus(await giveaways('POST', `/v1/giveaways/${giveawayId}/entries`, { token }), 201);
}

interface Redeeming {
  readonly giveaways: ApiClient;
  readonly cards: ApiClient;
  readonly people: readonly Person[];
  readonly merchant: MerchantSetUp;
  readonly giveawayId: string;
  readonly tell: (line: string) => void;
  readonly at: NonNullable<MainJobOptions['at']>;
}

async function redeemAll(stack: Stack, job: Redeeming): Promise<SettlementReport[]> {
  const { cards, merchant, tell } = job;
  const finance = await registerFinance(job.giveaways, stack.environment);
  const settlementIds: string[] = [];
  const settled = async (id: string): Promise<SettlementReport> => {
    const read = async () =>
      expectStatus(await cards('GET', `/v1/settlements/${id}`, { token: finance.token }), 200).body as SettlementReport;
    await waitFor('a settlement', async () => (await read()).state === 'SETTLED');
    return read();
  };
  for (const [index, { person, awardId }] of (await findWinners(job)).entries()) {
    const cardId = await claim(job, person, awardId);
    const { body: revealed } = expectStatus(
      await cards('POST', `/v1/gift-cards/${cardId}/reveal-code`, { token: person.token }),
      200,
    );
    if (index === 1) {
      // The next payout to this account is to be this winner's.
      await Promise.all(settlementIds.map(settled));
      await refuseNextTransfer(stack, merchant.payoutAccount);
    }
    await job.at('redeeming');
    const { body: redemption } = expectStatus(
      await cards('POST', '/v1/redemptions', {
        token: merchant.token,
        body: { merchantId: merchant.merchantId, code: revealed.code },
      }),
      201,
    );
    tell(`Winner ${index + 1} claimed card ${cardId.slice(0, 8)}… and redeemed ${redemption.amountMinor} at the till.`);
    settlementIds.push(redemption.settlementId as string);
    await job.at('before-settlement');
    if (index === 1) await decideParked(job, finance, redemption.settlementId as string);
  }
  const reports: SettlementReport[] = [];
  for (const id of settlementIds) {
    const report = await settled(id);
    tell(`Settled ${report.gross} = fee ${report.fee} + platform ${report.service} + merchant ${report.merchant}.`);
    reports.push(report);
  }
  return reports;
}

export async function findWinners({
  giveaways,
  people,
}: Pick<Redeeming, 'giveaways' | 'people'>): Promise<{ person: Person; awardId: string }[]> {
  const winners: { person: Person; awardId: string }[] = [];
  for (const person of people) {
    const { body } = expectStatus(await giveaways('GET', '/v1/awards', { token: person.token }), 200);
    winners.push(...body.data.map(({ awardId }: { awardId: string }) => ({ person, awardId })));
  }
  const expected = Math.min(PRIZES.length, people.length);
  if (winners.length !== expected) throw new Error(`Expected ${expected} winners, found ${winners.length}`);
  return winners;
}

export async function claim(
  { giveaways }: Pick<Redeeming, 'giveaways'>,
  person: Person,
  awardId: string,
): Promise<string> {
  expectStatus(await giveaways('POST', `/v1/awards/${awardId}/claim`, { token: person.token }), 201, 202);
  const read = async () =>
    expectStatus(await giveaways('GET', `/v1/awards/${awardId}`, { token: person.token }), 200).body;
  await waitFor('the card', async () => (await read()).state === 'FULFILLED');
  return (await read()).cardId as string;
}

/** Tells the provider to refuse the next payout to this account. */
async function refuseNextTransfer(stack: Stack, destinationAccount: string): Promise<void> {
  const response = await fetch(`${stack.applicationUrl('payments-simulator')}/admin/faults`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${stack.environment['SIMULATOR_ADMIN_TOKEN']}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      match: { operation: 'transfer', destinationAccount },
      effect: 'before',
      kind: 'refuse',
      code: 'account_restricted',
    }),
  });
  if (!response.ok) throw new Error(`The simulator answered ${response.status}`);
}

async function decideParked({ cards, tell }: Redeeming, finance: Person, settlementId: string): Promise<void> {
  const list = async () =>
    expectStatus(await cards('GET', '/v1/finance/settlements?state=needs_attention', { token: finance.token }), 200)
      .body.data;
  await waitFor('the settlement to park', async () =>
    (await list()).some((row: SettlementReport) => row.settlementId === settlementId),
  );
  const parked = (await list()).find((row: SettlementReport) => row.settlementId === settlementId);
  tell(
    `The provider refused the merchant's payout (${parked.reason}): the settlement is parked as case ${parked.caseNumber}.`,
  );
  const decision = { caseNumber: parked.caseNumber, reason: 'The bank has lifted the restriction.' };
  const path = `/v1/finance/settlements/${settlementId}/retry`;
  const retry = () => cards('POST', path, { token: finance.token, key: `retry-${settlementId}`, body: decision });
  await waitFor('the decision', async () => expectStatus(await retry(), 202).status === 202);
  tell('Finance decided to try again, as a new intent.');
}

const stateIn = (body: unknown): unknown => (body as { state?: unknown } | undefined)?.state;

async function stateOf(giveaways: ApiClient, giveawayId: string): Promise<string> {
  const answer = await giveaways('GET', `/v1/giveaways/${giveawayId}`);
  return answer.status === 200 ? (answer.body.state as string) : 'unknown';
}
