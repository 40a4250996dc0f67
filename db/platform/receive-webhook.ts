import type { Db } from '../connect.ts';

/** @returns false for a message that came before. */
export async function receiveWebhook(
  db: Db,
  webhook: { id: string; type: string; reference: string },
): Promise<boolean> {
  const inserted = await db('provider_webhooks')
    .insert({ id: webhook.id, type: webhook.type, reference: webhook.reference })
    .onConflict()
    .ignore()
    .returning('id');
  return inserted.length > 0;
}
