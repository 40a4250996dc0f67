import path from 'node:path';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

/** The peer's worker: the same options as the product's, an activity that does nothing. */

const activities = {
  answer: (input: string): Promise<string> => Promise.resolve(input),
};

export type BareActivities = typeof activities;

Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('ERROR') });
const connection = await NativeConnection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? '' });
const worker = await Worker.create({
  connection,
  namespace: 'giftcard',
  taskQueue: process.env['BARE_TASK_QUEUE'] ?? '',
  activities,
  workflowsPath: path.join(import.meta.dirname, 'bare-workflow.ts'),
  stickyQueueScheduleToStartTimeout: '1s',
  maxConcurrentActivityTaskExecutions: 50,
});
process.once('SIGTERM', () => worker.shutdown());
await worker.run();
await connection.close();
