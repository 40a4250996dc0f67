import type { MerchantSetUp } from '../../scripts/demo/main-job.ts';
import type { Person } from '../../scripts/demo/people.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { expectStatus, type ApiClient } from '../../scripts/stack/http-client.ts';

/** Orders so many cards of 5000 that are in use at once, and waits until they are issued. @returns their codes. */
export async function orderCards(
  cards: ApiClient,
  { token }: Person,
  { itemId }: MerchantSetUp,
  count: number,
): Promise<string[]> {
  const order = { catalogueItemId: itemId, amountMinor: '5000', count, activate: true };
  const { body } = expectStatus(await cards('POST', '/v1/card-orders', { token, body: order }), 201, 202);
  const path = `/v1/card-orders/${body.orderId}`;
  const state = async () => (await cards('GET', path, { token })).body.state as string;
  await waitFor('the cards', async () => (await state()) === 'ISSUED');
  const csv = await cards('GET', `${path}/codes.csv`, { token });
  return (csv.body as string)
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',')[1] ?? '');
}
