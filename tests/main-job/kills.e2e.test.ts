import { afterEach, describe, expect, it } from 'vitest';
import { runAudit } from '../../scripts/audit/main.ts';
import { runMainJob } from '../../scripts/demo/main-job.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { providerTruth } from '../support/provider-truth.ts';
import { setScene, winCards } from '../support/scene.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

describe('what is killed is started again, and the job ends right', () => {
  let test: TestStack;
  afterEach(() => test.stop());

  it('after kill -9 of Temporal during the countdown, and of the worker between the two transfers', async () => {
    test = await startTestStack();
    const { stack } = test;
    let killed = false;
    const result = await runMainJob(stack, {
      participants: 5,
      deadlineMs: 20_000,
      tell: () => {},
      at: async (point) => {
        if (point === 'open') {
          await stack.kill('temporal');
          await stack.restart('temporal');
        }
        // The platform's transfer hangs until its time-out: the worker dies while it waits for the answer.
        if (point === 'redeeming' && !killed) await hangNextPlatformTransfer(test);
        if (point === 'before-settlement' && !killed) {
          killed = true;
          await waitFor('the merchant to be paid', async () => (await providerTruth(stack)).transfers.length === 1);
          await stack.kill('worker');
          await stack.restart('worker');
        }
      },
    });
    expect(result.settlements.map(({ state }) => state)).toEqual(['SETTLED', 'SETTLED', 'SETTLED']);
    const { transfers } = await providerTruth(stack);
    expect(transfers.filter(({ status }) => status === 'succeeded')).toHaveLength(6);
    expect((await runAudit(stack.environment)).filter(({ broken }) => broken > 0)).toEqual([]);
  }, 180_000);

  it('with the worker down a redemption is accepted, and completes when it is back', async () => {
    test = await startTestStack({ REQUEST_BUDGET_MS: '1000' });
    const { stack } = test;
    const scene = await setScene(stack, { deadlineMs: 15_000, participants: 3 });
    const [first, second, third] = await winCards(scene);
    const redeem = (code: string | undefined, key: string, more: object = {}) =>
      scene.cards('POST', '/v1/redemptions', {
        token: scene.merchant.token,
        key,
        body: { merchantId: scene.merchant.merchantId, code, ...more },
      });
    const read = async (href: string) => (await scene.cards('GET', href, { token: scene.merchant.token })).status;

    await stack.kill('worker');
    const accepted = await redeem(first?.code, 'down-1');
    const impatient = await redeem(second?.code, 'down-2', { expiresInMs: 1_000 });
    expect([accepted.status, impatient.status]).toEqual([202, 202]);
    await stack.restart('worker');
    await waitFor('the redemption', async () => (await read(accepted.body.href)) === 200);
    // Nobody stood at the till any more when the worker came back.
    await expect
      .poll(async () => (await redeem(second?.code, 'down-2', { expiresInMs: 1_000 })).body.code, { timeout: 20_000 })
      .toBe('request_expired');
    expect(await read(impatient.body.href)).toBe(404);

    stack.processes.signal('temporal', 'SIGSTOP');
    const frozen = await redeem(third?.code, 'frozen');
    expect([frozen.status, frozen.body.code]).toEqual([503, 'service_unavailable']);
    expect(frozen.headers.get('retry-after')).toBeTruthy();
    stack.processes.signal('temporal', 'SIGCONT');
    await expect
      .poll(async () => (await redeem(third?.code, 'frozen')).status, { timeout: 30_000, interval: 500 })
      .toBe(201);
    const repeats = await Promise.all([redeem(third?.code, 'frozen'), redeem(third?.code, 'frozen')]);
    expect(new Set(repeats.map(({ body }) => body.redemptionId)).size).toBe(1);
  }, 180_000);
});

async function hangNextPlatformTransfer({ stack }: TestStack): Promise<void> {
  await fetch(`${stack.applicationUrl('payments-simulator')}/admin/faults`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${stack.environment['SIMULATOR_ADMIN_TOKEN']}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      match: { operation: 'transfer', destinationAccount: 'platform' },
      effect: 'before',
      kind: 'timeout',
    }),
  });
}
