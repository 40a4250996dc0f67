import { delay } from '../../../scripts/stack/run.ts';
import { carryThrough, type Flow, type NamedOperation } from '../flows/flow.ts';
import { fund } from '../flows/fund.ts';
import { publish } from '../flows/publish.ts';
import { redeem } from '../flows/redeem.ts';
import { refund } from '../flows/refund.ts';
import { release } from '../flows/release.ts';
import { settleBatch } from '../flows/settle-batch.ts';
import { withdraw } from '../flows/withdraw.ts';
import { connectTemporal } from '../../../temporal-config/client.ts';
import { untilSaid } from '../patience.ts';
import type { Run, Scenario } from '../scenario.ts';
import { countPoints } from './count-points.ts';

const FLOWS: readonly Flow[] = [redeem, settleBatch, refund, fund, withdraw, publish, release];
/** What came late has been carried out, or refused. */
const CARRIED_OUT_MS = 2_000;

/** Transactions that an operation makes, by their numbers; what it asks the provider for is not delayed here. */
async function transactionsOf(flow: Flow, run: Run): Promise<Map<number, string>> {
  const met = await countPoints(flow, 'worker', run);
  return new Map(
    [...met.entries()].flatMap(([index, label]) => (label.startsWith('provider') ? [] : [[index + 1, label]])),
  );
}

/**
 * Every transaction of every operation arrives a second time, long after its attempt was given up and repeated; and the
 * first steps of a publish arrive only after they were undone.
 */
export const lateStatements: Scenario = {
  name: 'late-statements',
  summary: 'every transaction arriving again after it was repeated, and steps of a publish arriving after their undo',
  run: async (run) => {
    const { stand, world, random, quick } = run;
    const strikes = stand.strikes.worker;
    let [points, problems]: [number, string[]] = [0, []];
    for (const flow of quick ? FLOWS.slice(0, 1) : FLOWS) {
      const transactions = [...(await transactionsOf(flow, run)).entries()];
      const made = await flow.make(world, transactions.length, random);
      strikes.forget();
      const operations = transactions.flatMap(([point, label], index): NamedOperation[] => {
        const operation = made[index];
        if (!operation) return [];
        const name = `${flow.name}, late ${label}`;
        strikes.follow(name, operation.ids, { point, strike: 'come-late' });
        return [{ ...operation, name }];
      });
      const ends = await Promise.all(operations.map(carryThrough));
      strikes.letGo();
      await delay(CARRIED_OUT_MS);
      points += operations.length;
      problems = [...problems, ...ends.flat()];
    }
    for (const step of ['hold_wallet', 'reserve_escrow']) problems.push(...(await lateAfterUndo(step, run)));
    return { points: points + 2, problems };
  },
};

/** A publish is cancelled by an operator while a step of it is on its way: undone first, it arrives afterwards. */
async function lateAfterUndo(step: string, run: Run): Promise<string[]> {
  const { stand, world, random } = run;
  const point = [...(await transactionsOf(publish, run)).entries()].find(([, label]) => label.endsWith(step))?.[0];
  const [operation] = await publish.make(world, 1, random);
  if (!operation || point === undefined) return [`a publish has no ${step}`];
  const strikes = stand.strikes.worker;
  const name = `publish, ${step} after its undo`;
  strikes.forget();
  strikes.follow(name, operation.ids, { point, strike: 'come-late' });
  const answer = operation.begin().then(
    () => 'published',
    (error: unknown) => String(error),
  );
  await untilSaid(`${name} to be on its way`, () => Promise.resolve(strikes.wasStruck(name) || undefined));
  const cancelled = await cancelPublishes(run);
  const said = await answer;
  strikes.letGo();
  await delay(CARRIED_OUT_MS);
  return cancelled === 1 && said.includes('publish_cancelled') ? [] : [`${name}: ${said} (${cancelled} cancelled)`];
}

/** @returns how many ran. */
async function cancelPublishes({ stand }: Run): Promise<number> {
  const { giveaway, connection } = connectTemporal(stand.stack.environment['TEMPORAL_ADDRESS'] ?? '');
  try {
    return await untilSaid('the publish to be seen', async () => {
      const query = `WorkflowType = 'publishGiveaway' and ExecutionStatus = 'Running'`;
      const running = await Array.fromAsync(giveaway.workflow.list({ query }));
      for (const { workflowId } of running) await giveaway.workflow.getHandle(workflowId).cancel();
      return running.length > 0 ? running.length : undefined;
    });
  } finally {
    await connection.close();
  }
}
