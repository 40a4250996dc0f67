import { randomUUID } from 'node:crypto';
import type { Answer } from '../../../scripts/stack/http-client.ts';
import { parkedSettlements } from '../flows/decide.ts';
import { redeem } from '../flows/redeem.ts';
import { untilSaid } from '../patience.ts';
import { providerOf } from '../provider.ts';
import type { Run, Scenario } from '../scenario.ts';
import type { World } from '../world.ts';

const PAIRS = [
  ['retry', 'retry'],
  ['retry', 'amend'],
  ['amend', 'amend'],
  ['write-off', 'write-off'],
  ['write-off', 'retry'],
] as const;
type Kind = (typeof PAIRS)[number][number];

/** Of the answers to somebody who came second. */
const TOO_LATE = new Set(['settlement_not_parked', 'case_changed']);

/** Two people decide on the same case at the same moment, the same or otherwise: one decision counts. */
export const twoPeople: Scenario = {
  name: 'two-people',
  summary: 'two people of finance decide on the same parked payout at the same moment',
  run: async (run) => {
    const problems: string[] = [];
    for (const pair of PAIRS) problems.push(...(await decideTogether(pair, run)));
    return { points: PAIRS.length, problems };
  },
};

async function decideTogether(pair: readonly [Kind, Kind], { stand, world, random }: Run): Promise<string[]> {
  const { cards, finance } = world;
  const provider = providerOf(stand.stack);
  await provider.strike({
    match: { operation: 'transfer' },
    effect: 'before',
    kind: 'refuse',
    code: 'account_restricted',
  });
  const [operation] = await redeem.make(world, 1, random);
  if (!operation) return ['nothing was made'];
  await operation.begin();
  const parked = await untilSaid('the payout to park', async () => (await parkedSettlements(world))[0]);
  const decide = (who: 0 | 1, kind: Kind): Promise<Answer> =>
    cards('POST', `/v1/finance/settlements/${parked.settlementId}/${kind}`, {
      token: finance[who].token,
      key: randomUUID(),
      body: {
        caseNumber: parked.caseNumber,
        reason: 'decided together',
        ...(kind === 'amend' ? { payoutAccount: `acct_amended_${who}` } : {}),
      },
    });
  const answers = await Promise.all([decide(0, pair[0]), decide(1, pair[1])]);
  const name = pair.join(' and ');
  const odd = answers.filter(
    ({ status, body }) => status !== 202 && status !== 200 && !(status === 409 && TOO_LATE.has(body.code)),
  );
  const taken = answers.filter(({ status }) => status === 202).length;
  const problems = odd.map(({ status, body }) => `${name}: answered with ${status} ${JSON.stringify(body)}`);
  if (taken > 1) problems.push(`${name}: both were told that their decision counts`);
  // Nobody's counted yet: two that write off at once may both be the first of two.
  if (taken === 0) await decideAlone(world, parked);
  const state = await untilSaid(`the payout after ${name}`, async () => {
    const now = (await cards('GET', `/v1/settlements/${parked.settlementId}`, { token: finance[0].token })).body.state;
    return now === 'SETTLED' ? (now as string) : undefined;
  }).catch((error: unknown) => String(error));
  return state === 'SETTLED' ? problems : [...problems, `${name}: ${state}`];
}

async function decideAlone(world: World, parked: { settlementId: string; caseNumber: number }): Promise<void> {
  const path = `/v1/finance/settlements/${parked.settlementId}/retry`;
  const body = { caseNumber: parked.caseNumber, reason: 'nobody else did' };
  await world.cards('POST', path, { token: world.finance[0].token, body });
}
