import type { Db } from '../connect.ts';
import { runPrepared, type PreparedStatement } from '../prepared.ts';

const REMEMBER: PreparedStatement = {
  name: 'remember_provider_webhook',
  text: 'insert into provider_webhooks (id, type, reference) values ($1, $2, $3) on conflict do nothing returning id',
};

/** @returns false for a message that came before. */
export async function receiveWebhook(
  db: Db,
  { id, type, reference }: { readonly id: string; readonly type: string; readonly reference: string },
): Promise<boolean> {
  const inserted = await runPrepared(db, REMEMBER, [id, type, reference]);
  return inserted.length > 0;
}
