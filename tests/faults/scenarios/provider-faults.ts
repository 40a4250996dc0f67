import { delay } from '../../../scripts/stack/run.ts';
import { decideOnce } from '../flows/decide.ts';
import { carryThrough, type Flow, type NamedOperation } from '../flows/flow.ts';
import { fund } from '../flows/fund.ts';
import { redeem } from '../flows/redeem.ts';
import { refund } from '../flows/refund.ts';
import { withdraw } from '../flows/withdraw.ts';
import { providerOf, type ProviderFault } from '../provider.ts';
import type { Random } from '../random.ts';
import type { Run, Scenario } from '../scenario.ts';

/** A hundred operations, all of which speak to the provider. */
const MIX: readonly (readonly [Flow, number])[] = [
  [redeem, 45],
  [fund, 25],
  [withdraw, 20],
  [refund, 10],
];
const QUICK_SHARE = 0.15;
/** What ends otherwise than wanted only because the provider refused it: it is decided on, or the money is back. */
const REFUSED: ReadonlySet<string> = new Set([
  'redeem NEEDS_ATTENTION',
  'withdraw FAILED',
  'refund WAITING_FOR_MERCHANT',
]);
/** Of transfers; a charge that is refused is an answer to its caller, and is no trouble. */
const REFUSALS = ['account_restricted', 'account_closed', 'insufficient_funds', 'limit_exceeded'];
const LONGEST_GAP_MS = 250;

function anyFault(random: Random): ProviderFault {
  const operation = random.pick(['charge', 'transfer', 'transfer', 'transfer'] as const);
  const kind = random.pick(['error', 'reset', 'timeout', 'refuse'] as const);
  const effect = random.pick(['before', 'after'] as const);
  if (kind !== 'refuse' || operation === 'charge')
    return { match: { operation }, effect, kind: kind === 'refuse' ? 'error' : kind };
  return { match: { operation }, effect: 'before', kind, code: random.pick(REFUSALS) };
}

/** The provider refuses, hangs, breaks off and errs, before and after the effect, in an order that the seed gives. */
export const providerFaults: Scenario = {
  name: 'provider-faults',
  summary: 'a hundred operations while the provider refuses, hangs, resets and errs, before and after the effect',
  run: async ({ stand, world, random, quick }: Run) => {
    const provider = providerOf(stand.stack);
    const operations: NamedOperation[] = [];
    for (const [flow, share] of MIX) {
      const count = quick ? Math.ceil(share * QUICK_SHARE) : share;
      const made = await flow.make(world, count, random);
      operations.push(...made.map((operation, index) => ({ ...operation, name: `${flow.name} ${index + 1}` })));
    }
    let running = true;
    let faults = 0;
    const striking = (async () => {
      while (running) {
        await provider.strike(anyFault(random));
        faults += 1;
        await delay(random.between(0, LONGEST_GAP_MS));
      }
      await provider.heal();
    })();
    const problems = await Promise.all(random.shuffle(operations).map(orRefused));
    running = false;
    await striking;
    return { points: operations.length, problems: [...problems.flat(), ...(await decideOnce(world))] };
  },
};

async function orRefused(operation: NamedOperation): Promise<string[]> {
  const [kind = ''] = operation.name.split(' ');
  let wanted = operation.wanted;
  const ended = async (): Promise<string | undefined> => {
    const state = await operation.ended();
    if (state !== undefined && REFUSED.has(`${kind} ${state}`)) wanted = state;
    return state;
  };
  const problems = await carryThrough({ ...operation, ended });
  return wanted === operation.wanted ? problems : [];
}
