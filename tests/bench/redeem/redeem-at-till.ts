import { randomUUID } from 'node:crypto';
import { delay } from '../../../scripts/stack/run.ts';
import { requireStatus, type HttpCaller } from '../harness/http-caller.ts';
import type { TillCard } from './prepare-cards.ts';

const TRY_AGAIN_MS = 50;
const PATIENCE_MS = 60_000;

/** Redeems as a till's developer would: trouble (503) is sent again under the same key. @throws when it is refused. */
export async function redeemAtTill(api: HttpCaller, { code, merchantId, token }: TillCard): Promise<string> {
  const call = { token, key: randomUUID(), body: { merchantId, code, expiresInMs: PATIENCE_MS } };
  for (;;) {
    const answer = await api.call('POST', '/v1/redemptions', call);
    if (answer.status !== 503) {
      const { redemptionId } = JSON.parse(requireStatus(answer, 201).body) as { redemptionId: string };
      return redemptionId;
    }
    await delay(TRY_AGAIN_MS);
  }
}
