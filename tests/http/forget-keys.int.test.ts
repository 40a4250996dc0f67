import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimKey, completeKey } from '../../db/idempotency/claim-key.ts';
import { forgetKeys, KEY_RETENTION_MS } from '../../db/idempotency/forget-keys.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const DAY_MS = 24 * 3_600_000;

describe('idempotency keys', () => {
  let test: TestDatabase;
  const ref = (key: string) => ({ principal: 'somebody', route: 'POST /v1/things', key });
  const claim = (key: string) =>
    claimKey(test.db, {
      ...ref(key),
      requestHash: Buffer.from('asked'),
      resourceId: randomUUID(),
      attemptId: randomUUID(),
      budgetMs: 60_000,
    });
  const claimedAgo = (key: string, ageMs: number) =>
    test
      .db('idempotency_keys')
      .where(ref(key))
      .update({ claimed_at: test.db.raw("clock_timestamp() - ? * interval '1 millisecond'", [ageMs]) });
  const known = () => test.db('idempotency_keys').orderBy('key').pluck('key');

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  it('are forgotten when their time is over, answered or given up, and not before', async () => {
    for (const key of ['answered', 'given up', 'kept', 'new']) await claim(key);
    await completeKey(test.db, ref('answered'), { status: 201, headers: {}, response: null });
    await claimedAgo('answered', KEY_RETENTION_MS + DAY_MS);
    await claimedAgo('given up', KEY_RETENTION_MS + DAY_MS);
    await claimedAgo('kept', KEY_RETENTION_MS - DAY_MS);
    expect(await forgetKeys(test.db, () => {})).toBe(2);
    expect(await known()).toEqual(['kept', 'new']);
    expect(await forgetKeys(test.db, () => {})).toBe(0);
  });

  it('are forgotten however many there are, and by two sweeps at once', async () => {
    await test.db.raw(
      `insert into idempotency_keys (principal, route, key, request_hash, resource_id, claimed_at)
       select 'many', 'r', i::text, '\\x00', gen_random_uuid(), clock_timestamp() - ? * interval '1 millisecond' from generate_series(1, 12000) i`,
      [KEY_RETENTION_MS + DAY_MS],
    );
    let batches = 0;
    const counts = await Promise.all([forgetKeys(test.db, () => void (batches += 1)), forgetKeys(test.db, () => {})]);
    expect(counts[0] + counts[1]).toBe(12_000);
    expect(batches).toBeGreaterThan(0);
    expect(await known()).toEqual(['kept', 'new']);
  });

  it('that are forgotten may be used again', async () => {
    await claimedAgo('kept', KEY_RETENTION_MS + DAY_MS);
    await forgetKeys(test.db, () => {});
    expect((await claim('kept')).kind).toBe('claimed');
  });
});
