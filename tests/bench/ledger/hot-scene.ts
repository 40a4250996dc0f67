import { randomUUID } from 'node:crypto';
import type { Database } from '../../../db/connect.ts';
import { account } from '../../../db/ledger/account.ts';
import { runCommand } from '../../../db/ledger/call-together.ts';

const CURRENCY = 'USD';
const SOURCES = 1_000;
const FUNDED_MINOR = 1_000_000_000;

export interface HotScene {
  /** Owners of accounts, each with more than any run can spend. */
  readonly sources: readonly string[];
  /** The owner of the account that everybody pays into. */
  readonly hot: string;
  readonly hotAccountId: string;
}

/** A thousand funded accounts, and one merchant whom all of them pay. */
export async function setHotScene(db: Database): Promise<HotScene> {
  await db.raw(PAY);
  const sources = Array.from({ length: SOURCES }, () => randomUUID());
  for (const owner of sources) {
    await db.raw(FUND, [randomUUID(), owner, FUNDED_MINOR, owner]);
  }
  const hot = randomUUID();
  return { sources, hot, hotAccountId: account('merchant:payable', hot, CURRENCY).id };
}

/** Which source the n-th call takes: all of them in turn. */
export function sourceOf({ sources }: HotScene, number: number): string {
  const source = sources[number % sources.length];
  if (source === undefined) throw new Error('A hot scene has sources');
  return source;
}

const ATTEMPTS = 10;

/**
 * One transfer into the hot account, called as the product calls a redemption: those that come at once share a
 * transaction. What timed out is sent again under the same id, as every activity does; the caller waits for all of it.
 */
export async function payHot(db: Database, scene: HotScene, number: number): Promise<void> {
  const from = sourceOf(scene, number);
  const input = { id: randomUUID(), from, to: scene.hot, amountMinor: 1n };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await runCommand(db, { name: 'bench_pay', input, locksFirst: from });
      return;
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

/** A money command that is one transfer, and nothing else. */
const PAY = `
create or replace function bench_pay(p jsonb) returns jsonb language plpgsql as $$
begin
  return to_jsonb(ledger_book(array[ledger_transfer('posted', (p ->> 'id')::uuid, ledger_account('escrow', p ->> 'from', '${CURRENCY}'),
    ledger_account('merchant:payable', p ->> 'to', '${CURRENCY}'), (p ->> 'amountMinor')::bigint, '${CURRENCY}', 'bench.transfer', p ->> 'to')]));
end $$`;

const FUND = `
select ledger_book(array[ledger_transfer('posted', ?::uuid, ledger_account('provider:clearing', 'platform', '${CURRENCY}'),
  ledger_account('escrow', ?, '${CURRENCY}'), ?::bigint, '${CURRENCY}', 'bench.transfer', ?)])`;
