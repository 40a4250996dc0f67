import fs from 'node:fs';
import path from 'node:path';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { workflowBundle, type WorkflowContext } from '../../temporal-config/bundle.ts';
import { sweepsEvery } from '../../temporal-config/sweeps.ts';

export interface Replayed {
  /** The types of workflow that were replayed, sorted. */
  readonly types: readonly string[];
  readonly failures: readonly string[];
  /** Every payload of every history, decoded. */
  readonly texts: readonly string[];
}

const CONTEXT_OF_QUEUE: Readonly<Record<string, WorkflowContext>> = {
  wallet: 'wallet',
  giveaway: 'giveaway',
  giftcard: 'giftcard',
};

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
    recordHistory(context, workflowId, type, history);
    texts.push(...payloadTexts(history));
    try {
      await Worker.runReplayHistory({ workflowBundle: await workflowBundle(context) }, history, workflowId);
    } catch (error) {
      failures.push(`${workflowId}: ${String(error)}`);
    }
  }
  return { types: [...seen.keys()].toSorted(), failures, texts };
}

/** With HANDSEL_RECORD_HISTORIES=folder: keeps one history of each type, and one of each that was parked or halted. */
function recordHistory(
  context: WorkflowContext,
  workflowId: string,
  type: string,
  history: Parameters<typeof historyToJSON>[0],
): void {
  const folder = process.env['HANDSEL_RECORD_HISTORIES'];
  if (!folder) return;
  const shows = (state: string): boolean => payloadTexts(history).some((text) => text.includes(state));
  const waited = shows('NEEDS_ATTENTION') ? '.parked' : shows('WAITING_FOR_HALT') ? '.halted' : '';
  const file = path.join(folder, `${context}.${type}${waited}.json`);
  fs.writeFileSync(
    file,
    `${JSON.stringify({ workflowId, history: JSON.parse(anonymous(historyToJSON(history))) as unknown }, null, 1)}\n`,
  );
}

/** Which process on which machine it was is nobody's business, and would differ with every recording. */
const anonymous = (history: string): string => history.replaceAll(/"identity":\s*"\d+@[^"]*"/g, '"identity": "worker"');

/** Payloads are bytes anywhere in the history's tree. */
function payloadTexts(value: unknown): string[] {
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')];
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(payloadTexts);
}
