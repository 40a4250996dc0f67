import { setTimeout as delay } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../../db/ledger/call-together.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

/** A command as they all are: it locks its row first, its id is its own repeat check, and it may refuse. */
const COMMAND = `
create table things (id uuid primary key);
create table made (id uuid primary key, transaction_id xid8 not null default pg_current_xact_id());
create function make_thing(p jsonb) returns jsonb language plpgsql as $$
begin
  perform 1 from things where id = (p ->> 'thing')::uuid for update;
  insert into made (id) values ((p ->> 'id')::uuid) on conflict do nothing;
  if p ->> 'how' = 'refused' then perform refuse('card_frozen', 'No.', jsonb_build_object('id', p ->> 'id')); end if;
  if p ->> 'how' = 'broken' then raise exception 'ours'; end if;
  return jsonb_build_object('id', p ->> 'id');
end $$`;

interface Asked {
  readonly id: string;
  readonly thing: string;
  readonly how?: 'refused' | 'broken';
}

describe('commands that are called together', () => {
  let test: TestDatabase;
  const make = (asked: Asked) =>
    runCommand<{ id: string }>(test.db, { name: 'make_thing', input: asked, locksFirst: asked.thing });
  const asked = (how?: Asked['how']): Asked => ({ id: randomUUID(), thing: randomUUID(), ...(how ? { how } : {}) });
  const outcomes = async (all: readonly Asked[]): Promise<string[]> =>
    (await Promise.allSettled(all.map(make))).map((result) =>
      result.status === 'fulfilled' ? result.value.id : String((result.reason as { code?: string }).code),
    );
  const made = (): Promise<string[]> => test.db('made').pluck('id');

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
    await test.db.raw(COMMAND);
  });
  beforeEach(async () => {
    await test.db('made').delete();
  });
  afterAll(() => test.drop());

  it('share transactions, and each gets its own answer', async () => {
    const all = Array.from({ length: 120 }, () => asked());
    expect(await outcomes(all)).toEqual(all.map(({ id }) => id));
    expect((await made()).toSorted()).toEqual(all.map(({ id }) => id).toSorted());
    const [row] = await test.db('made').countDistinct({ count: 'transaction_id' });
    expect(Number(row?.['count'])).toBeLessThan(10);
  });

  it('are refused, or fail, each for itself: nothing of these is left, and the others stand', async () => {
    const all = Array.from({ length: 60 }, (_, index) =>
      asked(index % 3 === 1 ? 'refused' : index % 20 === 2 ? 'broken' : undefined),
    );
    const expected = all.map(({ id, how }) => (how === 'refused' ? 'card_frozen' : how === 'broken' ? 'P0001' : id));
    expect(await outcomes(all)).toEqual(expected);
    expect((await made()).toSorted()).toEqual(all.flatMap(({ id, how }) => (how ? [] : [id])).toSorted());
  });

  it('that are refused say the same as alone', async () => {
    const [one, other] = [asked('refused'), asked('refused')];
    const results = await Promise.allSettled([make(asked()), make(one), make(other), make(asked())]);
    const alone = await make(one).catch((error: unknown) => error);
    expect(results[1]).toEqual({ status: 'rejected', reason: alone });
    expect(results[2]).toMatchObject({ reason: { code: 'card_frozen', details: { id: other.id } } });
  });

  it('do not wait for a row that somebody else holds, except whoever needs it', async () => {
    const held = asked();
    await test.db('things').insert({ id: held.thing });
    const holder = await test.db.transaction();
    await holder('things').where({ id: held.thing }).forUpdate();
    let gotIt = false;
    const waiting = make(held).then(() => (gotIt = true));
    const others = Array.from({ length: 30 }, () => asked());
    expect(await outcomes(others)).toEqual(others.map(({ id }) => id));
    await delay(50);
    expect(gotIt).toBe(false);
    await holder.commit();
    await waiting;
    expect(await made()).toContain(held.id);
  });

  it('are one effect when the same is asked many times at once', async () => {
    const one = asked();
    expect(new Set(await outcomes(Array.from({ length: 20 }, () => one)))).toEqual(new Set([one.id]));
    expect(await made()).toEqual([one.id]);
  });

  it('belong to a transaction where they are called in one', async () => {
    const one = asked();
    await test.db
      .transaction(async (trx) => {
        await runCommand(trx, { name: 'make_thing', input: one, locksFirst: one.thing });
        throw new Error('given up');
      })
      .catch(() => {});
    expect(await made()).toEqual([]);
  });
});
