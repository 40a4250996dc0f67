import { Stack } from '../../scripts/stack/stack.ts';
import { recordHistories } from './record-histories.ts';

export interface TestStack {
  readonly stack: Stack;
  stop(): Promise<void>;
}

type Settings = Readonly<Record<string, string>>;

/** A whole stack of the test's own, which it may kill and start again. Settings may depend on where its parts listen. */
export async function startTestStack(settings: Settings | ((stack: Stack) => Settings) = {}): Promise<TestStack> {
  const crashes: string[] = [];
  const stack = await Stack.start({
    onCrash: (message) => crashes.push(message),
    // Two slow cores may be busy with other things: what waits for an answer waits longer than a till would.
    settings: {
      LOG_LEVEL: 'warn',
      REQUEST_BUDGET_MS: '60000',
      ACCESS_TOKEN_TTL_MS: String(24 * 3_600_000),
      ...(typeof settings === 'function' ? {} : settings),
    },
  });
  if (typeof settings === 'function') Object.assign(stack.environment, settings(stack));
  await stack.startApplications();
  return {
    stack,
    stop: async () => {
      await recordHistories(stack);
      await stack.stop();
      if (crashes.length > 0) throw new Error(`Something ended by itself:\n${crashes.join('\n')}`);
    },
  };
}
