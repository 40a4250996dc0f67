import fs from 'node:fs';
import path from 'node:path';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { Stack } from '../../scripts/stack/stack.ts';
import { CONTEXT_OF_QUEUE, payloadTexts } from './histories.ts';
import { withTemporal } from './lost-workflows.ts';

type History = Parameters<typeof historyToJSON>[0];

interface Recording {
  readonly name: string;
  readonly workflowId: string;
  readonly closed: boolean;
  readonly history: History;
}

/**
 * With HANDSEL_RECORD_HISTORIES=folder: keeps one history of each kind of workflow that ran on a stack; a closed one rather
 * than an open one, and the longest, which has been through the most.
 */
export async function recordHistories(stack: Stack): Promise<void> {
  const folder = process.env['HANDSEL_RECORD_HISTORIES'];
  if (!folder) return;
  const kept = new Map<string, Recording>();
  await withTemporal(stack, async (clients) => {
    for (const client of Object.values(clients)) {
      for await (const recording of recordingsOf(client)) {
        const before = kept.get(recording.name);
        if (!before || worth(recording) > worth(before)) kept.set(recording.name, recording);
      }
    }
  });
  fs.mkdirSync(folder, { recursive: true });
  for (const { name, workflowId, history } of kept.values()) {
    const content = { workflowId, history: JSON.parse(anonymous(historyToJSON(history))) as unknown };
    fs.writeFileSync(path.join(folder, `${name}.json`), `${JSON.stringify(content, null, 1)}\n`);
  }
}

/** Sweeps run again and again: not all of them are looked at. */
const LOOKED_AT_OF_EACH_TYPE = 20;

async function* recordingsOf({ workflow }: Client): AsyncGenerator<Recording> {
  const seen = new Map<string, number>();
  for await (const { workflowId, runId, type, taskQueue, status } of workflow.list()) {
    const before = seen.get(type) ?? 0;
    seen.set(type, before + 1);
    if (before >= LOOKED_AT_OF_EACH_TYPE) continue;
    const history = await workflow.getHandle(workflowId, runId).fetchHistory();
    const name = `${CONTEXT_OF_QUEUE[taskQueue]}.${type}${waitedFor(history)}`;
    yield { name, workflowId, closed: status.name !== 'RUNNING', history };
  }
}

const OPEN_COUNTS_LESS = 1_000_000;
const worth = ({ closed, history }: Recording): number =>
  (history.events?.length ?? 0) - (closed ? 0 : OPEN_COUNTS_LESS);

/** A person, a halted book, or a beacon: that way through the code has a history of its own. */
function waitedFor(history: History): string {
  const texts = payloadTexts(history);
  const shows = (state: string): boolean => texts.some((text) => text.includes(state));
  if (shows('NEEDS_ATTENTION')) return '.parked';
  if (shows('WAITING_FOR_HALT')) return '.halted';
  return shows('"chainHash"') ? '.beacon' : '';
}

/** Which process on which machine it was is nobody's business, and would differ with every recording. */
const anonymous = (history: string): string => history.replaceAll(/"identity":\s*"\d+@[^"]*"/g, '"identity": "worker"');
