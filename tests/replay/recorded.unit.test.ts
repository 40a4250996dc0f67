import fs from 'node:fs';
import path from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { WORKFLOW_CONTEXTS, workflowBundle } from '../../temporal-config/bundle.ts';

/**
 * Histories of running workflows, kept as they were: what a change of a workflow's code would break, breaks here first.
 * Made anew by HANDSEL_RECORD_HISTORIES=tests/replay/histories npm test -- tests/main-job/main-job, or
 * tests/wallet/wallets.e2e (wallets), tests/audit/audit-books.e2e (the auditor), tests/finance (finance).
 */
const folder = path.join(import.meta.dirname, 'histories');
const files = fs.readdirSync(folder).filter((file) => file.endsWith('.json'));

Runtime.install({ logger: new DefaultLogger('ERROR') });

describe('recorded histories', () => {
  it('has one of each kind of workflow, and one that was parked', () => {
    const names = files.map((file) => path.basename(file, '.json'));
    expect(names).toEqual(
      expect.arrayContaining([
        'giftcard.auditBooks',
        'giftcard.deliverAlerts',
        'giftcard.bulkRetry',
        'giftcard.reconcileProvider',
        'giftcard.reconciliationCase',
        'giftcard.redeemGiftCard',
        'giftcard.redeemGiftCard.halted',
        'giftcard.redeemGiftCard.parked',
        'giftcard.resumePayouts',
        'giveaway.claimAward',
        'giveaway.expireClaims',
        'giveaway.fulfilAwards',
        'giveaway.notifyWinners',
        'giveaway.publishGiveaway',
        'giveaway.runGiveaway',
        'wallet.disputeFunding',
        'wallet.findPayouts',
        'wallet.fundWallet',
        'wallet.reconcileProvider',
        'wallet.reconciliationCase',
        'wallet.returnWithdrawal',
        'wallet.withdrawWallet',
        'wallet.withdrawWallet.parked',
      ]),
    );
  });

  it.each(files)('%s replays', async (file) => {
    const { workflowId, history } = JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8'));
    const context = WORKFLOW_CONTEXTS.find((name) => file.startsWith(`${name}.`));
    if (!context) throw new Error(`${file} is named after no context`);
    const bundle = await workflowBundle(context);
    await expect(Worker.runReplayHistory({ workflowBundle: bundle }, history, workflowId)).resolves.toBeUndefined();
  });
});
