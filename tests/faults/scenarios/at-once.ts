import { randomUUID } from 'node:crypto';
import { registerPerson } from '../../../scripts/demo/people.ts';
import { expectStatus, type Answer } from '../../../scripts/stack/http-client.ts';
import { insist, untilSaid } from '../patience.ts';
import type { Scenario } from '../scenario.ts';
import { issueCards, type World } from '../world.ts';

const TIMES = 6;
const FACE_MINOR = 10_000n;
/** Three of these fit on a card, and two of these in a wallet. */
const [THIRD_MINOR, HALF_MINOR] = ['3300', '4900'];

/** Many do the same at the same moment: as many come through as there is money, and one key is one effect. */
export const atOnce: Scenario = {
  name: 'at-once',
  summary: 'the same card, wallet, redemption and key by many callers at the same moment',
  run: async ({ world }) => {
    const found: [what: string, came: number, fits: number][] = [
      ['parts of one card', await partsOfOneCard(world, THIRD_MINOR), 3],
      ['one whole card', await partsOfOneCard(world, undefined), 1],
      ['one key', await oneKey(world), 1],
      ['one wallet', await oneWallet(world), 2],
      ['refunds of one redemption', await refundsOfOne(world), 1],
    ];
    const wrong = found.filter(([, came, fits]) => came !== fits);
    return {
      points: found.length,
      problems: wrong.map(([what, came, fits]) => `${what}: ${came} came through, ${fits} fit`),
    };
  },
};

/** All at the same moment. @returns the answers of those who came through; a refusal is an answer, trouble is not. */
async function together(calls: readonly (() => Promise<Answer>)[]): Promise<Answer[]> {
  const came: Answer[] = [];
  const ask = async (call: () => Promise<Answer>): Promise<void> => {
    const answer = await insist('a call', call, [201, 403, 409, 422]);
    if (answer.status === 201) came.push(answer);
  };
  await Promise.all(calls.map(ask));
  return came;
}

const repeated = <T>(make: (index: number) => T): T[] => Array.from({ length: TIMES }, (_, index) => make(index));

async function partsOfOneCard(world: World, amountMinor: string | undefined): Promise<number> {
  const { cards, owner, shop } = world;
  const [card] = await issueCards(world, shop, { amountMinor: FACE_MINOR, count: 1 });
  const body = { merchantId: shop.merchantId, code: card?.code, ...(amountMinor ? { amountMinor } : {}) };
  const calls = repeated(() => {
    const key = randomUUID();
    return () => cards('POST', '/v1/redemptions', { token: owner.token, key, body });
  });
  return (await together(calls)).length;
}

/** @returns how many fundings there are of one key. */
async function oneKey({ giveaways, host }: World): Promise<number> {
  const key = randomUUID();
  const body = { amountMinor: '7000', currency: 'USD', source: 'tok_visa' };
  const fund = () => giveaways('POST', '/v1/wallet/fundings', { token: host.token, key, body });
  const answers = await Promise.all(repeated(() => insist('a funding', fund, [201])));
  return new Set(answers.map((answer) => answer.body.fundingId as string)).size;
}

async function oneWallet({ giveaways }: World): Promise<number> {
  const { token } = await registerPerson(giveaways, 'Wanda Wallet', ['host']);
  const funding = { amountMinor: FACE_MINOR.toString(), currency: 'USD', source: 'tok_visa' };
  const key = randomUUID();
  await insist('a funding', () => giveaways('POST', '/v1/wallet/fundings', { token, key, body: funding }), [201]);
  const account = { token, body: { payoutAccount: `acct_${randomUUID().slice(0, 8)}` } };
  expectStatus(await giveaways('PUT', '/v1/wallet/USD/payout-account', account), 200);
  const body = { amountMinor: HALF_MINOR, currency: 'USD' };
  const calls = repeated(() => {
    const own = randomUUID();
    return () => giveaways('POST', '/v1/wallet/withdrawals', { token, key: own, body });
  });
  return (await together(calls)).length;
}

async function refundsOfOne(world: World): Promise<number> {
  const { cards, owner, shop } = world;
  const [card] = await issueCards(world, shop, { amountMinor: FACE_MINOR, count: 1 });
  const { token } = owner;
  const key = randomUUID();
  const till = { merchantId: shop.merchantId, code: card?.code };
  const redeem = () => cards('POST', '/v1/redemptions', { token, key, body: till });
  const { redemptionId } = (await insist('a redemption', redeem, [201])).body;
  await untilSaid('the payout', async () => {
    const { state } = (await cards('GET', `/v1/redemptions/${redemptionId}`, { token })).body;
    return state === 'SETTLED' ? true : undefined;
  });
  const calls = repeated(() => {
    const own = randomUUID();
    const body = { reason: 'returned goods' };
    return () => cards('POST', `/v1/redemptions/${redemptionId}/refunds`, { token, key: own, body });
  });
  return (await together(calls)).length;
}
