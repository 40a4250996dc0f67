import { afterEach, describe, expect, it } from 'vitest';
import { runAudit } from '../../scripts/audit/main.ts';
import { runMainJob } from '../../scripts/demo/main-job.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { expectStatus } from '../../scripts/stack/http-client.ts';
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
  });

  it('without a worker, or with Temporal frozen, a till is answered, and paid out when they are back', async () => {
    test = await startTestStack({ REQUEST_BUDGET_MS: '20000' });
    const { stack } = test;
    const scene = await setScene(stack, { participants: 3 });
    const [first, second, third] = await winCards(scene);
    const redeem = (code: string | undefined, key: string) =>
      scene.cards('POST', '/v1/redemptions', {
        token: scene.merchant.token,
        key,
        body: { merchantId: scene.merchant.merchantId, code },
      });
    const state = async (redemptionId: string): Promise<string> =>
      (await scene.cards('GET', `/v1/redemptions/${redemptionId}`, { token: scene.merchant.token })).body.state;
    const paidOut = (redemptionId: string) =>
      waitFor('the payout', async () => (await state(redemptionId)) === 'SETTLED');

    await stack.kill('worker');
    const accepted = await redeem(first?.code, 'down');
    expect([accepted.status, accepted.body.state]).toEqual([201, 'SETTLING']);
    await stack.restart('worker');
    await paidOut(accepted.body.redemptionId);

    const timed = async <T>(work: Promise<T>): Promise<[T, number]> => {
      const startedAt = performance.now();
      return [await work, performance.now() - startedAt];
    };
    stack.processes.signal('temporal', 'SIGSTOP');
    const [frozen, patienceMs] = await timed(redeem(second?.code, 'frozen'));
    expect([frozen.status, frozen.body.state]).toEqual([201, 'SETTLING']);
    // One till has found out that nobody answers: the next does not wait for the same.
    const [next, nextMs] = await timed(redeem(third?.code, 'frozen-too'));
    expect(next.status).toBe(201);
    expect(nextMs).toBeLessThan(patienceMs / 2);
    expect(await state(frozen.body.redemptionId)).toBe('SETTLING');
    stack.processes.signal('temporal', 'SIGCONT');
    await Promise.all([paidOut(frozen.body.redemptionId), paidOut(next.body.redemptionId)]);
    const repeats = await Promise.all([redeem(second?.code, 'frozen'), redeem(second?.code, 'frozen')]);
    expect(repeats.map(({ body }) => body)).toEqual([frozen.body, frozen.body]);
    expect((await providerTruth(stack)).transfers).toHaveLength(6);
    expect((await runAudit(stack.environment)).filter(({ broken }) => broken > 0)).toEqual([]);
  });

  it('a till that repeats begins the payout that a killed service did not begin', async () => {
    // The owner sweep would do it as well, a quarter of an hour later.
    test = await startTestStack({ OWNER_SWEEP_AFTER_MS: String(900_000) });
    const { stack } = test;
    const scene = await setScene(stack, { participants: 3 });
    const [first] = await winCards(scene);
    const { token, merchantId } = scene.merchant;
    const ask = () =>
      scene.cards('POST', '/v1/redemptions', { token, key: 'killed', body: { merchantId, code: first?.code } });
    stack.processes.signal('temporal', 'SIGSTOP');
    const unheard = ask().catch(() => undefined);
    await waitFor('the redemption', async () => {
      const { body } = await scene.cards('GET', `/v1/merchants/${merchantId}/wallet/USD/statement`, { token });
      return body.data?.length > 0;
    });
    await stack.kill('giftcard-api');
    await unheard;
    stack.processes.signal('temporal', 'SIGCONT');
    await stack.restart('giftcard-api');
    const { body } = expectStatus(await ask(), 201);
    await waitFor('the payout', async () => {
      const read = await scene.cards('GET', `/v1/redemptions/${body.redemptionId}`, { token });
      return read.body.state === 'SETTLED';
    });
    expect((await providerTruth(stack)).transfers).toHaveLength(2);
  });
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
