import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { connect } from '../../db/connect.ts';
import { bookSums } from '../../db/ledger/audit.ts';
import { runAudit, type AuditLine } from '../audit/main.ts';
import { root, secondsSinceStart } from '../stack/run.ts';
import type { Stack } from '../stack/stack.ts';
import { runMainJob, type MainJobResult } from './main-job.ts';

export interface DemoReport extends MainJobResult {
  readonly ledgers: Readonly<Record<'giveaway' | 'giftcard', Readonly<Record<string, string>>>>;
  readonly workflows: readonly { readonly id: string; readonly type: string; readonly status: string }[];
  readonly audit: readonly AuditLine[];
  readonly seconds: { readonly setUp: number; readonly job: number };
}

interface DemoOptions {
  readonly tell: (line: string) => void;
  readonly setUpSeconds: number;
  /** Where the proof is kept. */
  readonly proofFolder: string;
}

const PARTICIPANTS = 50;
const DEADLINE_MS = 15_000;

export async function runDemo(stack: Stack, { tell, setUpSeconds, proofFolder }: DemoOptions): Promise<DemoReport> {
  const job = await runMainJob(stack, { participants: PARTICIPANTS, deadlineMs: DEADLINE_MS, proofFolder, tell });
  tell(`The proof verifies offline: npx handsel verify says ${verifyOffline(stack, job.proofFile)}.`);
  const audit = await runAudit(stack.environment);
  tell(`Audit: ${audit.length} invariants checked, ${audit.filter(({ broken }) => broken > 0).length} broken.`);
  const workflows = await listWorkflows(stack.environment['TEMPORAL_ADDRESS'] ?? '');
  return {
    ...job,
    ledgers: { giveaway: await sums(stack, 'GIVEAWAY'), giftcard: await sums(stack, 'GIFTCARD') },
    workflows,
    audit,
    seconds: { setUp: setUpSeconds, job: secondsSinceStart() - setUpSeconds },
  };
}

/** @returns the verdict, as whoever trusts this run's beacon and authority gets it. */
function verifyOffline({ environment, runDir }: Stack, proofFile: string): string {
  const authority = path.join(runDir, 'authority.pem');
  fs.writeFileSync(authority, environment['TIMESTAMP_CERTIFICATES'] ?? '');
  const trust = ['--chain', environment['BEACON_CHAIN_HASH'] ?? '', '--tsa-cert', authority];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(root, 'scripts/handsel.mjs'), 'verify', proofFile, ...trust],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`The proof does not verify:\n${stdout}${stderr}`);
  return stdout.trimEnd().split('\n').at(-1) ?? '';
}

async function sums(stack: Stack, name: 'GIVEAWAY' | 'GIFTCARD'): Promise<Record<string, string>> {
  const db = connect({
    url: stack.environment[`DATABASE_URL_${name}`] ?? '',
    poolMax: 1,
    applicationName: 'handsel-demo',
  });
  try {
    return await bookSums(db);
  } finally {
    await db.destroy();
  }
}

async function listWorkflows(address: string): Promise<{ id: string; type: string; status: string }[]> {
  const connection = await Connection.connect({ address });
  try {
    const all: { id: string; type: string; status: string }[] = [];
    for (const namespace of ['giveaway', 'giftcard']) {
      const client = new Client({ connection, namespace });
      for await (const { workflowId, type, status } of client.workflow.list())
        all.push({ id: workflowId, type, status: status.name });
    }
    return all;
  } finally {
    await connection.close();
  }
}
