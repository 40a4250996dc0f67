import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runAudit } from '../../scripts/audit/main.ts';
import { runMainJob, type MainJobResult } from '../../scripts/demo/main-job.ts';
import { sweepsEvery } from '../../temporal-config/sweeps.ts';
import { replayHistories } from '../support/replay.ts';
import { providerTruth } from '../support/provider-truth.ts';
import { startTestStack, type TestStack } from '../support/test-stack.ts';

/** They run when the clock says so, whatever the job does. */
const SWEEPS = new Set(sweepsEvery(1, 1).map(({ workflowType }) => workflowType));
const SECRET_IN_HISTORY = /@example\.com|([0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{5}|eyJ[\w-]+\.|correct horse/;

describe('the main job', () => {
  let test: TestStack;
  let result: MainJobResult;

  beforeAll(async () => {
    test = await startTestStack();
    result = await runMainJob(test.stack, { participants: 12, deadlineMs: 20_000, tell: () => {} });
  });
  afterAll(() => test.stop());

  it('settles every card by F + S + M = G', () => {
    expect(result.settlements).toHaveLength(3);
    for (const { gross, fee, service, merchant, state } of result.settlements) {
      expect(state).toBe('SETTLED');
      expect(BigInt(fee) + BigInt(service) + BigInt(merchant)).toBe(BigInt(gross));
    }
  });

  it('parks the refused settlement and settles it after finance has decided', () => {
    const parked = result.settlements.filter(({ history }) => history.some(({ state }) => state === 'NEEDS_ATTENTION'));
    expect(parked).toHaveLength(1);
    expect(parked[0]?.history.map(({ state }) => state)).toEqual([
      'SETTLING',
      'NEEDS_ATTENTION',
      'SETTLING',
      'SETTLED',
    ]);
    expect(parked[0]?.history.find(({ reason }) => reason?.startsWith('The bank'))?.actor).toMatch(/^user:/);
  });

  it('makes one transfer per leg at the provider, and a new one only after the refusal', async () => {
    const { transfers } = await providerTruth(test.stack);
    expect(transfers.filter(({ status }) => status === 'succeeded')).toHaveLength(6);
    expect(transfers.filter(({ status }) => status === 'failed')).toHaveLength(1);
    expect(new Set(transfers.map(({ reference }) => reference)).size).toBe(transfers.length);
  });

  it('shows the live client every phase in order, and the reveal', () => {
    const phases = result.socketEvents.map(({ body }) => (body as { state?: string }).state).filter(Boolean);
    expect(phases.filter((phase, index) => phase !== phases[index - 1])).toEqual(
      expect.arrayContaining(['OPEN', 'CLOSED', 'DRAWING', 'DRAWN', 'FULFILLING', 'COMPLETED']),
    );
    expect(result.socketEvents.some(({ name }) => name === 'giveaway:reveal')).toBe(true);
    expect(result.socketEvents.some(({ name }) => name === 'giveaway:participants')).toBe(true);
  });

  it('keeps every invariant of both books', async () => {
    const lines = await runAudit(test.stack.environment);
    expect(lines.filter(({ broken }) => broken > 0)).toEqual([]);
    expect(lines.filter(({ checked }) => checked > 0).length).toBeGreaterThan(15);
  });

  it('leaves histories that replay, hold no secret, and are found by summary and attribute', async () => {
    const connection = await Connection.connect({ address: test.stack.environment['TEMPORAL_ADDRESS'] ?? '' });
    try {
      for (const namespace of ['giveaway', 'giftcard'] as const) {
        const client = new Client({ connection, namespace });
        const replayed = await replayHistories(client);
        expect(replayed.failures).toEqual([]);
        expect(replayed.texts.filter((text) => SECRET_IN_HISTORY.test(text))).toEqual([]);
        expect(replayed.types.filter((type) => !SWEEPS.has(type))).toEqual(
          namespace === 'giveaway'
            ? ['claimAward', 'fundWallet', 'publishGiveaway', 'runGiveaway']
            : ['assignGiftCard', 'postEscrow', 'redeemGiftCard', 'reserveEscrow'],
        );
        for await (const workflow of client.workflow.list()) {
          if (SWEEPS.has(workflow.type)) continue;
          const description = await client.workflow.getHandle(workflow.workflowId).describe();
          expect(await description.staticSummary()).toBeTruthy();
          expect(description.typedSearchAttributes.getAll().length).toBeGreaterThan(0);
        }
      }
    } finally {
      await connection.close();
    }
  });
});
