import { randomUUID } from 'node:crypto';
import { expectStatus, type Answer } from '../../../scripts/stack/http-client.ts';
import { parkedSettlements, waitingRefunds } from '../flows/decide.ts';
import type { Flow } from '../flows/flow.ts';
import { redeem } from '../flows/redeem.ts';
import { refund } from '../flows/refund.ts';
import { untilSaid } from '../patience.ts';
import { providerOf } from '../provider.ts';
import type { Run, Scenario } from '../scenario.ts';

const PAYOUT_PAIRS = [
  ['retry', 'retry'],
  ['retry', 'amend'],
  ['amend', 'amend'],
  ['write-off', 'write-off'],
  ['write-off', 'retry'],
] as const;
const REFUND_PAIRS = [
  ['retry', 'retry'],
  ['retry', 'honour'],
] as const;
type Kind = (typeof PAYOUT_PAIRS | typeof REFUND_PAIRS)[number][number];

/** Of the answers to somebody who came second. */
const TOO_LATE = new Set(['settlement_not_parked', 'case_not_open', 'case_changed']);

/** Something that waits for finance. */
interface Case {
  readonly name: string;
  /** Where it is decided on. */
  readonly path: string;
  readonly caseNumber: number;
  readonly settled: () => Promise<boolean>;
}

/** Two people decide on the same case at the same moment, the same or otherwise: one decision counts. */
export const twoPeople: Scenario = {
  name: 'two-people',
  summary: 'two people of finance decide on the same parked payout, or refund, at the same moment',
  run: async (run) => {
    const problems: string[] = [];
    for (const pair of PAYOUT_PAIRS) problems.push(...(await decideTogether(pair, await parkPayout(run), run)));
    for (const pair of REFUND_PAIRS) problems.push(...(await decideTogether(pair, await parkRefund(run), run)));
    return { points: PAYOUT_PAIRS.length + REFUND_PAIRS.length, problems };
  },
};

async function parkPayout(run: Run): Promise<Case> {
  const { cards, finance, shop } = run.world;
  await beginRefused(redeem, shop.payoutAccount, run);
  const { settlementId, caseNumber } = await untilSaid(
    'the payout to park',
    async () => (await parkedSettlements(run.world))[0],
  );
  const look = () => cards('GET', `/v1/settlements/${settlementId}`, { token: finance[0].token });
  return {
    name: 'payout',
    path: `/v1/finance/settlements/${settlementId}`,
    caseNumber,
    settled: async () => expectStatus(await look(), 200).body.state === 'SETTLED',
  };
}

/** The provider does not take the merchant's part back. */
async function parkRefund(run: Run): Promise<Case> {
  const { cards, owner } = run.world;
  await beginRefused(refund, run.stand.stack.environment['PAYMENTS_POOL_ACCOUNT'] ?? '', run);
  const { refundId, caseNumber } = await untilSaid(
    'the refund to park',
    async () => (await waitingRefunds(run.world))[0],
  );
  const look = () => cards('GET', `/v1/refunds/${refundId}`, { token: owner.token });
  return {
    name: 'refund',
    path: `/v1/finance/refunds/${refundId}`,
    caseNumber,
    settled: async () => expectStatus(await look(), 200).body.state === 'COMPLETED',
  };
}

/** Begins one whose next transfer there is refused. */
async function beginRefused(flow: Flow, destinationAccount: string, { stand, world, random }: Run): Promise<void> {
  const [operation] = await flow.make(world, 1, random);
  const match = { operation: 'transfer', destinationAccount } as const;
  await providerOf(stand.stack).strike({ match, effect: 'before', kind: 'refuse', code: 'account_restricted' });
  await operation?.begin();
}

async function decideTogether(pair: readonly [Kind, Kind], parked: Case, { world }: Run): Promise<string[]> {
  const { cards, finance } = world;
  const decide = (who: 0 | 1, kind: Kind): Promise<Answer> =>
    cards('POST', `${parked.path}/${kind}`, {
      token: finance[who].token,
      key: randomUUID(),
      body: {
        caseNumber: parked.caseNumber,
        reason: 'decided together',
        ...(kind === 'amend' ? { payoutAccount: `acct_amended_${who}` } : {}),
      },
    });
  const answers = await Promise.all([decide(0, pair[0]), decide(1, pair[1])]);
  const name = `${parked.name}, ${pair.join(' and ')}`;
  const odd = answers.filter(
    ({ status, body }) => status !== 202 && status !== 200 && !(status === 409 && TOO_LATE.has(body.code)),
  );
  const taken = answers.filter(({ status }) => status === 202).length;
  const problems = odd.map(({ status, body }) => `${name}: answered with ${status} ${JSON.stringify(body)}`);
  if (taken > 1) problems.push(`${name}: both were told that their decision counts`);
  // Nobody's counted yet: two that write off at once may both be the first of two.
  if (taken === 0) await decide(0, 'retry');
  const ended = await untilSaid(`the end after ${name}`, async () => ((await parked.settled()) ? '' : undefined)).catch(
    (error: unknown) => String(error),
  );
  return ended === '' ? problems : [...problems, ended];
}
