import {
  claim,
  enterAll,
  findWinners,
  publishGiveaway,
  setUpMerchant,
  type MerchantSetUp,
} from '../../scripts/demo/main-job.ts';
import { fundWallet, registerPerson, type Person } from '../../scripts/demo/people.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { apiClient, expectStatus, type ApiClient } from '../../scripts/stack/http-client.ts';
import { query } from '../../scripts/stack/postgres.ts';
import type { Stack } from '../../scripts/stack/stack.ts';

export interface Scene {
  readonly giveaways: ApiClient;
  readonly cards: ApiClient;
  readonly merchant: MerchantSetUp;
  readonly host: Person;
  readonly people: readonly Person[];
  readonly giveawayId: string;
}

export interface WonCard {
  readonly cardId: string;
  readonly code: string;
  readonly winner: Person;
  readonly awardId: string;
}

const quiet = (): void => {};

/** Far off: entry ends when the test says so, however long the machine takes until then. */
const DEADLINE_MS = 1_800_000;

/** A funded host and a published giveaway that people have entered. */
export async function setScene(
  stack: Stack,
  { participants, change = {} }: { participants: number; change?: object },
): Promise<Scene> {
  const giveaways = apiClient(stack.applicationUrl('giveaway-api'));
  const cards = apiClient(stack.applicationUrl('giftcard-api'));
  const merchant = await setUpMerchant(giveaways, cards, quiet);
  const host = await registerPerson(giveaways, 'Hanna Host', ['host']);
  await fundWallet(giveaways, host.token, { amountMinor: '30000', currency: 'USD' });
  const draft = { deadlineMs: DEADLINE_MS, change: { earlyClose: true, ...change } };
  const giveawayId = await publishGiveaway(giveaways, host, merchant, draft);
  await waitFor(
    'the giveaway to open',
    async () => (await giveaways('GET', `/v1/giveaways/${giveawayId}`)).body.state === 'OPEN',
  );
  const people = await enterAll(giveaways, giveawayId, participants);
  return { giveaways, cards, merchant, host, people, giveawayId };
}

export async function endEntry({
  giveaways,
  giveawayId,
  host,
}: Pick<Scene, 'giveaways' | 'giveawayId' | 'host'>): Promise<void> {
  const body = { reason: 'all are here' };
  expectStatus(await giveaways('POST', `/v1/giveaways/${giveawayId}/close-early`, { token: host.token, body }), 200);
}

/** Ends entry, and waits for the draw; where nobody has to claim, all may be over by then. */
export async function drawScene(scene: Scene): Promise<void> {
  const { giveaways, giveawayId } = scene;
  await endEntry(scene);
  const state = async () => (await giveaways('GET', `/v1/giveaways/${giveawayId}`)).body.state as string;
  await waitFor('the draw', async () => ['FULFILLING', 'COMPLETED'].includes(await state()));
}

/** The window of an award is over, by the database's clock; it begins when its winner is told, so that is waited for. */
export async function endWindow({ environment }: Stack, awardId: string): Promise<void> {
  const over = `
    update giveaway_awards set claim_expires_at = clock_timestamp()
    where id = '${awardId}' and state = 'NOTIFIED' and claim_expires_at is not null returning id`;
  const end = () => query(environment['DATABASE_URL_GIVEAWAY'] ?? '', over);
  await waitFor('the window of the award to begin', async () => (await end()).length === 1);
}

/** Draws; every winner claims and reveals the code. */
export async function winCards(scene: Scene): Promise<WonCard[]> {
  await drawScene(scene);
  return claimCards(scene);
}

/** Every winner of what was drawn claims and reveals the code. */
export async function claimCards(scene: Scene): Promise<WonCard[]> {
  const { cards } = scene;
  const won: WonCard[] = [];
  for (const { person, awardId } of await findWinners(scene)) {
    const cardId = await claim(scene, person, awardId);
    const revealed = expectStatus(
      await cards('POST', `/v1/gift-cards/${cardId}/reveal-code`, { token: person.token }),
      200,
    );
    won.push({ cardId, code: revealed.body.code as string, winner: person, awardId });
  }
  return won;
}
