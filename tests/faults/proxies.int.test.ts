import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callCommand } from '../../db/call-command.ts';
import { connect, type Database } from '../../db/connect.ts';
import { createTestDatabase, PATIENCE_MS, type TestDatabase } from '../support/database.ts';
import { postgresProxy } from './proxies/postgres-proxy.ts';
import { Strikes, type Strike } from './proxies/strikes.ts';
import type { TcpProxy } from './proxies/tcp-proxy.ts';

const KEY = '11111111-1111-4111-8111-111111111111';

describe('a proxy in front of PostgreSQL', () => {
  let test: TestDatabase;
  let proxy: TcpProxy;
  let db: Database;
  const strikes = new Strikes();

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
    await test.db.raw('create table marks (id text primary key)');
    await test.db.raw(`create function make_mark(p jsonb) returns jsonb language plpgsql as $$
      begin insert into marks values (p ->> 'id'); return '{}'; end $$`);
    const url = new URL(test.url);
    proxy = await postgresProxy(Number(url.port), strikes);
    url.port = String(proxy.port);
    db = connect({
      url: url.toString(),
      poolMax: 1,
      applicationName: 'handsel-test',
      patienceMs: PATIENCE_MS,
    });
  });
  afterAll(async () => {
    await db.destroy();
    await proxy.close();
    await test.drop();
  });

  const mark = (id: string): Promise<unknown> => callCommand(db, 'make_mark', { id, requestId: KEY });
  const isMarked = async (id: string): Promise<boolean> =>
    (await test.db('marks').where({ id }).first('id')) !== undefined;
  const follow = (point: number, strike: Strike): void => {
    strikes.forget();
    strikes.follow('one', [KEY], { point, strike });
  };

  it('loses a request, so that nothing has happened', async () => {
    follow(1, 'lose-request');
    await expect(mark('lost')).rejects.toThrow();
    expect(await isMarked('lost')).toBe(false);
  });

  it('loses the answer of the second of two, which has happened, also where the statement was prepared before', async () => {
    follow(2, 'lose-answer');
    await mark('first');
    await expect(mark('second')).rejects.toThrow();
    expect([await isMarked('first'), await isMarked('second')]).toEqual([true, true]);
    expect(strikes.met('one')).toEqual(['giveaway: make_mark', 'giveaway: make_mark']);
  });

  it('counts a transaction once, where it commits', async () => {
    follow(1, 'lose-request');
    const inOne = db.transaction(async (trx) => {
      await trx('marks').insert({ id: `in one ${KEY}` });
      await trx('marks').insert({ id: 'and another' });
    });
    await expect(inOne).rejects.toThrow();
    expect(await isMarked('and another')).toBe(false);
    expect(strikes.met('one')).toEqual(['giveaway: commit of insert into marks']);
  });

  it('lets a statement come late, when nobody waits for it any more', async () => {
    follow(1, 'come-late');
    const late = mark('late');
    await expect.poll(() => strikes.wasStruck('one')).toBe(true);
    expect(await isMarked('late')).toBe(false);
    strikes.letGo();
    await late;
    expect(await isMarked('late')).toBe(true);
  });

  it('breaks and mends the connection', async () => {
    strikes.forget();
    proxy.set({ kind: 'cut' });
    await expect(db.raw('select 1')).rejects.toThrow();
    proxy.set({ kind: 'clear' });
    expect((await db.raw('select 1 as one')).rows).toEqual([{ one: 1 }]);
    proxy.set({ kind: 'half-closed', towards: 'client' });
    await expect
      .poll(() =>
        db.raw('select 1').then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
  });
});
