import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineRoute } from '../../api/http/define-route.ts';
import { DomainError } from '../../domain/errors.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startHttpApp, testKeys, type HttpApp, type TestAnswer, type TestKeys } from '../support/http-app.ts';

/** A command as they all are: its id is its own repeat check, it may refuse, and it may answer what means a refusal. */
const COMMAND = `
create table things (id uuid primary key, name text not null);
create function make_thing(p jsonb) returns jsonb language plpgsql as $$
begin
  if p ->> 'name' = 'refused' then perform refuse('card_frozen', 'No.'); end if;
  if p ->> 'name' = 'broken' then raise exception 'ours'; end if;
  insert into things values ((p ->> 'id')::uuid, p ->> 'name') on conflict do nothing;
  perform pg_sleep(case p ->> 'name' when 'slow' then 0.2 else 0 end);
  if p ->> 'name' = 'held' then perform pg_advisory_xact_lock(1); end if;
  return jsonb_build_object('id', p ->> 'id', 'name', p ->> 'name', 'internal', true);
end $$`;

interface Made {
  readonly id: string;
  readonly name: string;
}

describe('a command under an idempotency key', () => {
  let test: TestDatabase;
  let keys: TestKeys;
  let app: HttpApp;
  let token: string;
  let lookUp: () => void;
  /** What was begun after it was committed, and whether by the attempt that made it. */
  let begun: (Made & { readonly fresh: boolean })[];

  const make = defineRoute({
    method: 'post',
    path: '/v1/things',
    summary: 'Make',
    auth: 'account.read',
    idempotent: 'command',
    body: z.object({ name: z.string() }),
    responses: { 201: { description: 'Made' } },
    handler: ({ resourceId, body: { name } }) => {
      lookUp();
      const command = { name: 'make_thing', input: { id: resourceId, name } };
      const begin = (made: Made, fresh: boolean) => Promise.resolve(void begun.push({ ...made, fresh }));
      return Promise.resolve({ command, status: 201, headers: { location: `/v1/things/${resourceId}` }, begin });
    },
    present: ({ id, name }: Made) => {
      if (name === 'meant as a refusal') throw new DomainError('entry_answer_wrong', 'Wrong.', { attemptsLeft: 2 });
      return { id, name };
    },
  });
  const ask = (key: string, name = 'a') => app.ask('POST', '/v1/things', { token, key, body: { name } });
  const things = async (): Promise<number> => (await test.db('things')).length;
  /** Whether a command waits for the lock of this test: it has looked its things up, and is not yet committed. */
  const isHeld = async (): Promise<boolean> => {
    const waits = test.db.raw('datname = current_database()');
    return (await test.db('pg_stat_activity').where({ wait_event: 'advisory' }).where(waits)).length === 1;
  };
  const kept = () => test.db('idempotency_keys').select('key', 'status', 'of_command');

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
    await test.db.raw(COMMAND.replaceAll('?', '\\?'));
    keys = await testKeys();
    app = await startHttpApp(test.db, keys, { routes: [make], budgetMs: 5_000 });
    token = await keys.issuer.issue({ userId: randomUUID(), sessionId: randomUUID(), roles: ['participant'] });
  });
  beforeEach(async () => {
    lookUp = () => {};
    begun = [];
    await test.db('things').delete();
    await test.db('idempotency_keys').delete();
  });
  afterAll(async () => {
    await app.close();
    await test.drop();
  });

  it('is carried out once, and its answer is kept and presented alike to every repeat', async () => {
    const [first, again] = [await ask('once'), await ask('once')];
    expect([first.status, again.status, await things()]).toEqual([201, 201, 1]);
    expect(first.body).toEqual({ id: first.body.id, name: 'a' });
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect([first, again].map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, 'true']);
    expect(await kept()).toEqual([{ key: 'once', status: 201, of_command: true }]);
  });

  it('is one effect and one answer for fifty at once', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask('race', 'slow')));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
    expect([answers[0]?.status, await things()]).toEqual([201, 1]);
  });

  it('refuses another request under the same key, also at the same moment', async () => {
    await ask('other');
    expect((await ask('other', 'b')).body.code).toBe('idempotency_key_reused');
    const both = await Promise.all([ask('both', 'slow'), ask('both', 'b')]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 422]);
    expect(both.map(({ body }) => body.code)).toContain('idempotency_key_reused');
    expect(await things()).toBe(2);
  });

  it('keeps what the command, the look-up or the presentation refuses', async () => {
    const codes = async (key: string, name?: string) => [
      (await ask(key, name)).body.code,
      (await ask(key, name)).body.code,
    ];
    expect(await codes('refused', 'refused')).toEqual(['card_frozen', 'card_frozen']);
    expect(await codes('meant', 'meant as a refusal')).toEqual(['entry_answer_wrong', 'entry_answer_wrong']);
    lookUp = () => {
      throw new DomainError('merchant_not_found', 'No.');
    };
    expect(await codes('unknown')).toEqual(['merchant_not_found', 'merchant_not_found']);
    lookUp = () => {};
    expect((await ask('unknown')).body.code).toBe('merchant_not_found');
  });

  it('is not carried out after all where another attempt was refused meanwhile', async () => {
    const asked: Promise<TestAnswer>[] = [];
    await test.db.transaction(async (barrier) => {
      await barrier.raw('select pg_advisory_xact_lock(1)');
      asked.push(ask('mixed', 'held'));
      await expect.poll(isHeld).toBe(true);
      lookUp = () => {
        throw new DomainError('merchant_not_found', 'No.');
      };
      asked.push(ask('mixed', 'held'));
      await asked[1];
    });
    // Both got the answer that stands, and the effect is not there.
    const answers = await Promise.all(asked);
    expect(answers.map(({ body }) => body.code)).toEqual(['merchant_not_found', 'merchant_not_found']);
    expect(await things()).toBe(0);
  });

  it('begins what is committed, for a repeat once more, and nothing of what was refused', async () => {
    const { body } = await ask('begun');
    await ask('begun');
    await ask('begun', 'b');
    await ask('begun not', 'refused');
    await ask('begun not', 'refused');
    const made = { ...body, internal: true };
    expect(begun).toEqual([
      { ...made, fresh: true },
      { ...made, fresh: false },
    ]);
  });

  it('gives the kept answer although what it was looked up with is gone', async () => {
    const first = await ask('gone');
    lookUp = () => {
      throw new DomainError('merchant_not_found', 'No.');
    };
    expect((await ask('gone')).body).toEqual(first.body);
  });

  it('keeps nothing of trouble: the next repeat tries again', async () => {
    expect((await ask('trouble', 'broken')).status).toBe(500);
    expect((await kept()).filter(({ status }) => status !== null)).toEqual([]);
    await test.db.raw("create or replace function make_thing(p jsonb) returns jsonb language sql as 'select p'");
    expect((await ask('trouble', 'broken')).status).toBe(201);
  });
});
