import type { Client } from '@temporalio/client';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { workflowBundle } from '../../temporal-config/bundle.ts';
import { sweepsEvery } from '../../temporal-config/sweeps.ts';
import { CONTEXT_OF_QUEUE, payloadTexts } from './histories.ts';

export interface Replayed {
  /** The types of workflow that were replayed, sorted. */
  readonly types: readonly string[];
  readonly failures: readonly string[];
  /** Every payload of every history, decoded. */
  readonly texts: readonly string[];
}

/** They run again and again, and are alike. */
const SWEEPS = new Set(sweepsEvery(1, 1).map(({ workflowType }) => workflowType));
const SWEEPS_OF_A_TYPE = 2;

Runtime.install({ logger: new DefaultLogger('ERROR') });

/** Runs today's workflow code against the history of every workflow of a namespace, or of the newest of each type among those that a query finds; and of some of its sweeps. */
export async function replayHistories(
  client: Client,
  { query, ofEachType = Infinity }: { query?: string; ofEachType?: number } = {},
): Promise<Replayed> {
  const failures: string[] = [];
  const texts: string[] = [];
  const seen = new Map<string, number>();
  for await (const { workflowId, runId, type, taskQueue } of client.workflow.list(query ? { query } : {})) {
    const context = CONTEXT_OF_QUEUE[taskQueue];
    if (!context) throw new Error(`No workflow code for the queue ${taskQueue}`);
    const before = seen.get(type) ?? 0;
    seen.set(type, before + 1);
    if (before >= (SWEEPS.has(type) ? Math.min(SWEEPS_OF_A_TYPE, ofEachType) : ofEachType)) continue;
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    texts.push(...payloadTexts(history));
    try {
      await Worker.runReplayHistory({ workflowBundle: await workflowBundle(context) }, history, workflowId);
    } catch (error) {
      failures.push(`${workflowId}: ${String(error)}`);
    }
  }
  return { types: [...seen.keys()].toSorted(), failures, texts };
}
