import { randomUUID } from 'node:crypto';
import type { Database } from '../../../db/connect.ts';
import { account } from '../../../db/ledger/account.ts';

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
  const sources = Array.from({ length: SOURCES }, () => randomUUID());
  for (const owner of sources) {
    await db.raw(transfer('provider:clearing', 'escrow'), [randomUUID(), 'platform', owner, FUNDED_MINOR, owner]);
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
 * One transfer into the hot account by the ledger's own function, called as every money command calls it. What timed
 * out is sent again under the same id, as every activity does; the caller waits for all of it.
 */
export async function payHot(db: Database, scene: HotScene, number: number): Promise<void> {
  const values = [randomUUID(), sourceOf(scene, number), scene.hot, 1, scene.hot];
  for (let attempt = 1; ; attempt += 1) {
    try {
      await db.raw(PAY_HOT, values);
      return;
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

const transfer = (from: string, to: string): string =>
  `select ledger_book(array[ledger_transfer('posted', ?::uuid, ledger_account('${from}', ?, '${CURRENCY}'),
     ledger_account('${to}', ?, '${CURRENCY}'), ?::bigint, '${CURRENCY}', 'bench.transfer', ?)])`;

const PAY_HOT = transfer('escrow', 'merchant:payable');
