import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Db } from '../../../db/connect.ts';
import { giveawaysWithDueClaims } from '../../../db/giveaway/expire-claims.ts';
import { claimNotifications } from '../../../db/giveaway/notify-winners.ts';
import { untouchedRows } from '../../../db/untouched-rows.ts';
import { forgetKeys } from '../../../db/idempotency/forget-keys.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { readsOf } from './reads-of-commands.ts';

const LATER = 5_000;
const DUE = 3;

/** Rows as they would be, without what they belong to: DUE of them are due, by a day, and LATER are not for a day. */
const ROWS = `
  insert into notifications (id, kind, user_id, giveaway_id, due_at)
  select gen_random_uuid(), 'rules_changed', gen_random_uuid(), gen_random_uuid(), at from times;
  insert into giveaway_awards (id, giveaway_id, draw_number, prize_id, rank, participant_id, reason, claim_expires_at)
  select gen_random_uuid(), gen_random_uuid(), 1, gen_random_uuid(), 1, gen_random_uuid(), 'drawn', at from times;
  insert into idempotency_keys (principal, route, key, request_hash, resource_id, claimed_at)
  select 'test', 'test', n::text, '', gen_random_uuid(), at - interval '30 days' from times;
  insert into wallet_holds (id, host_id, currency, gross_minor, fee_minor, updated_at)
  select gen_random_uuid(), gen_random_uuid(), 'USD', 1, 0, at - interval '10 days' from times;`;

describe('what sweeps of the giveaway database read', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
    await test.db.transaction(async (trx) => {
      // No triggers: nothing here belongs to anything.
      await trx.raw('set local session_replication_role = replica');
      await trx.raw(`create temporary table times on commit drop as
        select n, now() + case when n <= ${DUE} then interval '-1 day' else interval '1 day' end as at from generate_series(1, ${LATER + DUE}) n`);
      await trx.raw(ROWS);
    });
    await test.db.raw('analyze');
  });
  afterAll(() => test.drop());

  const openHolds = untouchedRows({
    from: 'wallet_holds t',
    aggregate: 'wallet_hold',
    columns: 't.host_id',
    open: `t.state = 'HELD'`,
  });
  const sweeps: Record<string, (db: Db) => Promise<unknown>> = {
    notifications: (db) => claimNotifications(db, { limit: 100, leaseMs: 1_000 }),
    giveaway_awards: (db) => giveawaysWithDueClaims(db, 100),
    idempotency_keys: (db) => forgetKeys(db, () => {}),
    wallet_holds: (db) => openHolds(db, { untouchedMs: 10 * 86_400_000, limit: 100 }),
  };

  it.each(Object.keys(sweeps))('is what is due of %s, however much is not yet', async (table) => {
    await test.db
      .transaction(async (trx) => {
        await sweeps[table]?.(trx);
        const read = [...(await readsOf(trx))].filter(([how]) => how.startsWith(`${table} `));
        expect(read.reduce((sum, [, count]) => sum + count, 0n)).toBeGreaterThanOrEqual(BigInt(DUE));
        expect(read.filter(([, count]) => count > 10n * BigInt(DUE))).toEqual([]);
        throw new Error('undone');
      })
      .catch((error: unknown) => {
        if (!(error instanceof Error) || error.message !== 'undone') throw error;
      });
  });
});
