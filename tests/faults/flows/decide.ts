import { randomUUID } from 'node:crypto';
import { expectStatus } from '../../../scripts/stack/http-client.ts';
import { insist, untilSaid } from '../patience.ts';
import type { World } from '../world.ts';

interface Parked {
  readonly settlementId: string;
  readonly caseNumber: number;
  readonly reason: string;
}

/** What waits for finance, with its case. */
export async function parkedSettlements({ cards, finance }: World): Promise<Parked[]> {
  const path = '/v1/finance/settlements?state=needs_attention&limit=200';
  return expectStatus(await cards('GET', path, { token: finance[0].token }), 200).body.data as Parked[];
}

/** One decision each on all that is parked, and the end of each. @returns what one decision did not settle. */
export async function decideOnce(world: World): Promise<string[]> {
  return [...(await decideSettlements(world)), ...(await decideRefunds(world))];
}

async function decideSettlements(world: World): Promise<string[]> {
  const { cards, finance } = world;
  const { token } = finance[0];
  const decide = async ({ settlementId, caseNumber, reason }: Parked): Promise<string[]> => {
    const path = `/v1/finance/settlements/${settlementId}`;
    const [key, body] = [randomUUID(), { caseNumber, reason: 'looked into' }];
    try {
      await insist(`${path}/retry`, () => cards('POST', `${path}/retry`, { token, key, body }), [202]);
      const state = await untilSaid(`settlement ${settlementId}`, async () => {
        const now = (await cards('GET', `/v1/settlements/${settlementId}`, { token })).body;
        return now.state === 'SETTLED' || now.caseNumber !== caseNumber ? (now.state as string) : undefined;
      });
      return state === 'SETTLED' ? [] : [`settlement ${settlementId} (${reason}) is ${state} after one decision`];
    } catch (error) {
      return [`settlement ${settlementId} (${reason}): ${String(error)}`];
    }
  };
  return (await Promise.all((await parkedSettlements(world)).map(decide))).flat();
}

interface WaitingRefund {
  readonly refundId: string;
  readonly caseNumber: number;
}

/** Refunds that wait for finance, because the merchant's part cannot be had. */
export async function waitingRefunds({ cards, owner }: World): Promise<WaitingRefund[]> {
  const path = '/v1/refunds?state=waiting_for_merchant&limit=200';
  return expectStatus(await cards('GET', path, { token: owner.token }), 200).body.data as WaitingRefund[];
}

async function decideRefunds(world: World): Promise<string[]> {
  const { cards, owner, finance } = world;
  const decide = async ({ refundId, caseNumber }: WaitingRefund): Promise<string[]> => {
    const [key, body] = [randomUUID(), { caseNumber, reason: 'looked into' }];
    const retry = `/v1/finance/refunds/${refundId}/retry`;
    try {
      await insist(retry, () => cards('POST', retry, { token: finance[0].token, key, body }), [202]);
      await untilSaid(`refund ${refundId} after one decision`, async () => {
        const { state } = (await cards('GET', `/v1/refunds/${refundId}`, { token: owner.token })).body;
        return state === 'COMPLETED' ? true : undefined;
      });
      return [];
    } catch (error) {
      return [`refund ${refundId}: ${String(error)}`];
    }
  };
  return (await Promise.all((await waitingRefunds(world)).map(decide))).flat();
}
