import { delay } from '../../../scripts/stack/run.ts';
import { decideOnce } from '../flows/decide.ts';
import { carryThrough, type Flow, type NamedOperation } from '../flows/flow.ts';
import { fund } from '../flows/fund.ts';
import { redeem } from '../flows/redeem.ts';
import { refund } from '../flows/refund.ts';
import { withdraw } from '../flows/withdraw.ts';
import { untilSaid } from '../patience.ts';
import { unheardReversals } from '../proofs/provider-agrees.ts';
import { providerOf } from '../provider.ts';
import type { Run, Scenario } from '../scenario.ts';
import { hostsAccount } from '../world.ts';

/** A hundred operations, all of which speak to the provider. */
const MIX: readonly (readonly [Flow, number])[] = [
  [redeem, 45],
  [fund, 25],
  [withdraw, 20],
  [refund, 10],
];
const QUICK_SHARE = 0.15;
/** So many payouts to each come back, a while after they were carried out. */
const COME_BACK = 3;
const COME_BACK_AFTER_MS = 2_000;
/** What ends otherwise than wanted only because the provider refused it: it is decided on, or the money is back. */
const REFUSED: ReadonlySet<string> = new Set([
  'redeem NEEDS_ATTENTION',
  'withdraw FAILED',
  'withdraw RETURNED',
  'refund WAITING_FOR_MERCHANT',
]);
const ON_THE_WIRE = {
  timeout_before: 0.03,
  timeout_after: 0.03,
  error_before: 0.05,
  error_after: 0.05,
  reset_before: 0.04,
  reset_after: 0.04,
  malformed_before: 0.03,
  malformed_after: 0.03,
  rate_limit: 0.04,
};
const OF_PAYMENTS = { ...ON_THE_WIRE, pending: 0.06, appear_late: 0.05, fee_differs: 0.04, fee_late: 0.04 };
/** A charge that is refused is an answer to its caller, and no trouble. */
const RATES = {
  charge: OF_PAYMENTS,
  transfer: { ...OF_PAYMENTS, refuse: 0.08, pending_then_failed: 0.03 },
  look_up: ON_THE_WIRE,
};

/** Who has found out nothing until then asks again within a minute; later the waits are longer. */
const BAD_FOR_MS = 45_000;

/** The provider goes wrong in every way it can, at calls that follow from the seed. */
export const providerFaults: Scenario = {
  name: 'provider-faults',
  summary: 'a hundred operations while the provider refuses, hangs, resets, errs, forgets, and changes its mind',
  run: async ({ stand, world, seed, random, quick }: Run) => {
    const provider = providerOf(stand.stack);
    const operations: NamedOperation[] = [];
    for (const [flow, share] of MIX) {
      const count = quick ? Math.ceil(share * QUICK_SHARE) : share;
      const made = await flow.make(world, count, random);
      operations.push(...made.map((operation, index) => ({ ...operation, name: `${flow.name} ${index + 1}` })));
    }
    await provider.mix({ seed, rates: RATES });
    await provider.mumble();
    for (const destinationAccount of [world.shop.payoutAccount, hostsAccount(world)])
      await provider.strike({
        match: { operation: 'transfer', destinationAccount },
        effect: 'before',
        kind: 'reverse',
        afterMs: COME_BACK_AFTER_MS,
        times: quick ? 1 : COME_BACK,
      });
    const ends = Promise.all(random.shuffle(operations).map(orRefused));
    await Promise.race([delay(BAD_FOR_MS), ends]);
    await provider.heal();
    const problems = await ends;
    await delay(COME_BACK_AFTER_MS);
    await untilSaid('what came back to be known', async () =>
      (await unheardReversals(stand.stack)).length === 0 ? true : undefined,
    );
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
