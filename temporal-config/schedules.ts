import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client, type ScheduleOptions } from '@temporalio/client';
import type { Log } from '../runtime/log.ts';
import { connectTemporal, type Namespace } from './client.ts';
import type { TaskQueue } from './task-queues.ts';

/** A sweep: a workflow that looks for what is due, started again and again by the server. */
export interface Sweep {
  readonly namespace: Namespace;
  /** Also the beginning of the ids of its workflows. */
  readonly scheduleId: string;
  readonly workflowType: string;
  readonly taskQueue: TaskQueue;
  /** From midnight UTC on, so that windows begin where people expect them. */
  readonly everyMs: number;
  readonly args?: readonly unknown[];
  readonly summary: string;
}

/** A run that was missed, because the server was down, is made up for within this time: sweeps look at all that is due. */
const CATCH_UP = '1 minute';

/** Schedules that vanished with their server's store come back within this time. */
const CHECK_AGAIN_MS = 60_000;

export interface KeepSchedulesOptions {
  readonly address: string;
  readonly sweeps: readonly Sweep[];
  readonly log: Log;
}

/** Makes the schedules that are missing, brings the others to what is asked for, and keeps looking. */
export function keepSchedules({ address, sweeps, log }: KeepSchedulesOptions): { stop(): Promise<void> } {
  const clients = connectTemporal(address);
  let stopped = false;
  const upToDate = new Set<string>();
  const ensure = async (): Promise<void> => {
    try {
      for (const sweep of sweeps) {
        await ensureSchedule(clients[sweep.namespace], sweep, !upToDate.has(sweep.scheduleId));
        upToDate.add(sweep.scheduleId);
      }
    } catch (error) {
      if (!stopped) log.warn({ err: error }, 'schedules could not be checked; again in a minute');
    }
  };
  void ensure();
  const timer = setInterval(() => void ensure(), CHECK_AGAIN_MS);
  return {
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await clients.connection.close();
    },
  };
}

async function ensureSchedule(client: Client, sweep: Sweep, update: boolean): Promise<void> {
  const options = toOptions(sweep);
  try {
    await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    if (!update) return;
    const { spec, action, policies } = options;
    // Whether somebody has paused it is theirs to say.
    await client.schedule
      .getHandle(sweep.scheduleId)
      .update((previous) => ({ spec, action, policies: policies ?? {}, state: previous.state }));
  }
}

const toOptions = (sweep: Sweep): ScheduleOptions => ({
  scheduleId: sweep.scheduleId,
  spec: { intervals: [{ every: sweep.everyMs }] },
  action: {
    type: 'startWorkflow',
    workflowType: sweep.workflowType,
    workflowId: sweep.scheduleId,
    taskQueue: sweep.taskQueue,
    args: [...(sweep.args ?? [])],
    staticSummary: sweep.summary,
  },
  policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCH_UP },
});
