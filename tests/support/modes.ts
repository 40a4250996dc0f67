import { expect } from 'vitest';
import { enterAll, setUpMerchant, type MerchantSetUp } from '../../scripts/demo/main-job.ts';
import { fundWallet, registerPerson, type Person } from '../../scripts/demo/people.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { apiClient, expectStatus, type ApiClient, type Answer } from '../../scripts/stack/http-client.ts';
import type { Stack } from '../../scripts/stack/stack.ts';

/** Of thousands of prizes, on a busy machine. */
const PUBLISH_MS = 300_000;

const quiet = (): void => {};

export interface ModeScene {
  readonly giveaways: ApiClient;
  readonly cards: ApiClient;
  readonly host: Person;
  readonly merchant: MerchantSetUp;
  /** A prize of 5000 of the merchant's, of which there are so many. */
  prize(name: string, quantity?: number): object;
  /** Drafts, publishes, and waits until it is open. @returns its id. */
  open(draft: object): Promise<string>;
  enter(giveawayId: string, count: number): Promise<Person[]>;
  read(giveawayId: string): Promise<Answer['body']>;
  reaches(giveawayId: string, state: string): Promise<void>;
  awardsOf(person: Person): Promise<Answer['body'][]>;
}

/** A funded host on a running stack, who opens giveaways of any mode. */
export async function setModeScene(stack: Stack, fundedMinor = '60000'): Promise<ModeScene> {
  const giveaways = apiClient(stack.applicationUrl('giveaway-api'));
  const cards = apiClient(stack.applicationUrl('giftcard-api'));
  const merchant = await setUpMerchant(giveaways, cards, quiet);
  const host = await registerPerson(giveaways, 'Hanna Host', ['host']);
  await fundWallet(giveaways, host.token, { amountMinor: fundedMinor, currency: 'USD' });
  const read = async (giveawayId: string) =>
    expectStatus(await giveaways('GET', `/v1/giveaways/${giveawayId}`, { token: host.token }), 200, 404).body;
  const reaches = (giveawayId: string, state: string) =>
    waitFor(`the giveaway to be ${state}`, async () => (await read(giveawayId)).state === state);
  return {
    giveaways,
    cards,
    host,
    merchant,
    read,
    reaches,
    prize: (name, quantity = 1) => ({
      name,
      quantity,
      merchantId: merchant.merchantId,
      catalogueItemId: merchant.itemId,
      amountMinor: '5000',
    }),
    open: async (draft) => {
      const times = { closesAt: new Date(Date.now() + 600_000).toISOString() };
      const drafted = { title: 'A mode', currency: 'USD', ...times, ...draft };
      const created = await giveaways('POST', '/v1/giveaways', { token: host.token, body: drafted });
      const { id } = expectStatus(created, 201).body;
      const key = `publish-${id}`;
      await waitFor(
        'the publish',
        async () => {
          const answer = await giveaways('POST', `/v1/giveaways/${id}/publish`, { token: host.token, key });
          return expectStatus(answer, 201, 202, 409, 503).status === 201;
        },
        PUBLISH_MS,
      );
      await reaches(id, 'OPEN');
      return id as string;
    },
    enter: (giveawayId, count) => enterAll(giveaways, giveawayId, count),
    awardsOf: async (person) => {
      const { body: page } = expectStatus(await giveaways('GET', '/v1/awards', { token: person.token }), 200);
      expect(page.data).toBeInstanceOf(Array);
      return page.data;
    },
  };
}
