import { registerFinance, registerPerson, type Person } from '../../scripts/demo/people.ts';
import { apiClient, expectStatus, type ApiClient } from '../../scripts/stack/http-client.ts';
import { AirtimePurse } from './airtime.ts';
import { insist } from './patience.ts';
import type { Stand } from './stand.ts';

/** A client that hears nothing for so long sends the same again. */
const GIVEN_UP_MS = 20_000;

const MAX_FACE_MINOR = '1000000';
const FUNDED_MINOR = '50000000';

export interface Shop {
  readonly merchantId: string;
  readonly itemId: string;
  readonly payoutAccount: string;
}

/** Who is there before anything breaks: a merchant, a host with money, two people of finance. */
export interface World {
  readonly giveaways: ApiClient;
  readonly cards: ApiClient;
  readonly owner: Person;
  readonly host: Person;
  readonly finance: readonly [Person, Person];
  /** Is paid at once. */
  readonly shop: Shop;
  readonly airtime: AirtimePurse;
}

export interface IssuedCard {
  readonly cardId: string;
  readonly code: string;
}

/** Where the host's withdrawals go. */
export const hostsAccount = ({ host }: Pick<World, 'host'>): string => `acct_${host.id.slice(0, 8)}`;

export async function openWorld(stand: Stand): Promise<World> {
  const giveaways = apiClient(stand.urlOf('giveaway-api'), GIVEN_UP_MS);
  const cards = apiClient(stand.urlOf('giftcard-api'), GIVEN_UP_MS);
  const owner = await registerPerson(giveaways, 'Mona Merchant', ['merchant']);
  const host = await registerPerson(giveaways, 'Henry Host', ['host']);
  const finance = [
    await registerFinance(giveaways, stand.stack.environment),
    await registerFinance(giveaways, stand.stack.environment),
  ] as const;
  const shop = await openShop({ cards, owner }, 'instant');
  const body = { amountMinor: FUNDED_MINOR, currency: 'USD', source: 'tok_visa' };
  await insist('the funding', () => giveaways('POST', '/v1/wallet/fundings', { token: host.token, body }), [201]);
  const account = { token: host.token, body: { payoutAccount: hostsAccount({ host }) } };
  expectStatus(await giveaways('PUT', '/v1/wallet/USD/payout-account', account), 200);
  const airtime = new AirtimePurse({ giveaways, cards, host, environment: stand.stack.environment });
  return { giveaways, cards, owner, host, finance, shop, airtime };
}

/** A merchant with one item of any amount. */
export async function openShop(
  { cards, owner }: Pick<World, 'cards' | 'owner'>,
  payoutSchedule: 'instant' | 'daily',
): Promise<Shop> {
  const { token } = owner;
  const payoutAccount = `acct_${crypto.randomUUID().slice(0, 8)}`;
  const named = { name: 'A shop', payoutAccount };
  const { body: merchant } = expectStatus(await cards('POST', '/v1/merchants', { token, body: named }), 201);
  const schedule = { token, body: { payoutSchedule } };
  expectStatus(await cards('PATCH', `/v1/merchants/${merchant.id}`, schedule), 200);
  const item = { name: 'Card', currency: 'USD', minMinor: '1', maxMinor: MAX_FACE_MINOR };
  const sold = await cards('POST', `/v1/merchants/${merchant.id}/catalogue-items`, { token, body: item });
  return { merchantId: merchant.id as string, itemId: expectStatus(sold, 201).body.id as string, payoutAccount };
}

/** Cards of a shop with their codes, paid by the host. */
export async function issueCards(
  { cards, host }: World,
  { itemId }: Shop,
  { amountMinor, count }: { amountMinor: bigint; count: number },
): Promise<IssuedCard[]> {
  const { token } = host;
  const key = crypto.randomUUID();
  const body = { catalogueItemId: itemId, amountMinor: amountMinor.toString(), count, activate: true };
  const order = await insist('the order', () => cards('POST', '/v1/card-orders', { token, key, body }), [201]);
  const csv = await cards('GET', `/v1/card-orders/${order.body.orderId}/codes.csv`, { token });
  return (expectStatus(csv, 200).body as string)
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [cardId = '', code = ''] = line.split(',');
      return { cardId, code };
    });
}
