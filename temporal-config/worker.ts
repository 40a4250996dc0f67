import { NativeConnection, Worker, type WorkerOptions, type WorkerTuner } from '@temporalio/worker';
import type { Log } from '../runtime/log.ts';
import { workflowBundle, type WorkflowContext } from './bundle.ts';
import type { Namespace } from './client.ts';
import type { TaskQueue } from './task-queues.ts';

export interface QueueSpec {
  readonly namespace: Namespace;
  readonly taskQueue: TaskQueue;
  /** Queues of activities only have none. */
  readonly workflows?: WorkflowContext;
  readonly activities: object;
  /** Nobody waits for its activities: while the machine is busy, few of them run. */
  readonly makesWay?: boolean;
  readonly nexusServices?: NonNullable<WorkerOptions['nexusServices']>;
}

export interface RunningWorkers {
  /** Stops polling, lets running tasks end within the grace time, then gives the rest back to the server. */
  stop(): Promise<void>;
  readonly healthy: () => boolean;
}

export interface StartWorkersOptions {
  readonly address: string;
  readonly queues: readonly QueueSpec[];
  readonly graceMs: number;
  readonly log: Log;
  /** A worker ended by itself: the process should end and be started again. */
  readonly onFailure: (error: unknown) => void;
}

const MAX_ACTIVITIES = 50;

/** Above four fifths of the processors two at once go on, so that nothing stands still; below, as many as elsewhere. */
const MAKES_WAY: WorkerTuner = {
  tunerOptions: { targetCpuUsage: 0.8, targetMemoryUsage: 0.95 },
  activityTaskSlotOptions: { minimumSlots: 2, maximumSlots: MAX_ACTIVITIES, rampThrottle: '5ms' },
};

export async function startWorkers(options: StartWorkersOptions): Promise<RunningWorkers> {
  const connection = await NativeConnection.connect({ address: options.address });
  const workers = await Promise.all(options.queues.map((queue) => createWorker(connection, queue, options)));
  const runs = workers.map((worker) => worker.run().catch((error: unknown) => options.onFailure(error)));
  return {
    healthy: () => workers.every((worker) => worker.getState() === 'RUNNING'),
    stop: async () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await Promise.all(runs);
      await connection.close();
    },
  };
}

async function createWorker(
  connection: NativeConnection,
  queue: QueueSpec,
  { graceMs, log }: StartWorkersOptions,
): Promise<Worker> {
  const worker = await Worker.create({
    connection,
    namespace: queue.namespace,
    taskQueue: queue.taskQueue,
    activities: queue.activities,
    ...(queue.workflows ? { workflowBundle: await workflowBundle(queue.workflows) } : {}),
    ...(queue.nexusServices ? { nexusServices: queue.nexusServices } : {}),
    // By default running tasks are cut off at once.
    shutdownGraceTime: graceMs / 2,
    shutdownForceTime: graceMs,
    // After `kill -9` of a worker its sticky queue is given up after this, not after ten seconds.
    stickyQueueScheduleToStartTimeout: '1s',
    ...(queue.makesWay ? { tuner: MAKES_WAY } : { maxConcurrentActivityTaskExecutions: MAX_ACTIVITIES }),
  });
  log.info({ namespace: queue.namespace, taskQueue: queue.taskQueue }, 'worker polls');
  return worker;
}
