import fs from 'node:fs';
import path from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { WORKFLOW_CONTEXTS, workflowBundle } from '../../temporal-config/bundle.ts';

/**
 * Histories of running workflows, kept as they were: what a change of a workflow's code would break, breaks here first.
 * Made anew by HANDSEL_RECORD_HISTORIES=tests/replay/histories npm test -- tests/main-job/main-job, or any other e2e test.
 */
const folder = path.join(import.meta.dirname, 'histories');
const files = fs.readdirSync(folder).filter((file) => file.endsWith('.json'));

Runtime.install({ logger: new DefaultLogger('ERROR') });

describe('recorded histories', () => {
  it('has one of each kind of workflow, and one of each way of waiting for others', () => {
    const names = files.map((file) => path.basename(file, '.json'));
    const recorded = new Set(
      names.flatMap((name) => {
        const [context, type] = name.split('.');
        return [`${context}.${type}`, type];
      }),
    );
    const exported = exportedWorkflows();
    expect(exported).toContain('giveaway.runGiveaway');
    // Whoever adds a kind of workflow records a history of it.
    expect(exported.filter((type) => !recorded.has(type))).toEqual([]);
    expect(names).toEqual(
      expect.arrayContaining([
        'giftcard.redeemGiftCard.halted',
        'giftcard.redeemGiftCard.parked',
        'giveaway.runGiveaway.beacon',
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

/** As the bundles export them: of a context, or of no one where several run the same code, of which one history will do. */
function exportedWorkflows(): string[] {
  const exported = WORKFLOW_CONTEXTS.flatMap((context) => {
    const index = fs.readFileSync(path.join(import.meta.dirname, `../../workflows/${context}/index.ts`), 'utf8');
    return [...index.matchAll(/^export \{ ([^}]+) \} from '(\.+)\//gm)].flatMap(([, types = '', from]) =>
      types.split(', ').map((type) => (from === '..' ? type : `${context}.${type}`)),
    );
  });
  return [...new Set(exported)].toSorted();
}
