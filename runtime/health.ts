/** Something without which a process cannot do its work. */
export interface HealthCheck {
  readonly name: string;
  /** Rejects when it is not there. */
  readonly check: () => Promise<unknown>;
}

export interface HealthReport {
  readonly ok: boolean;
  readonly checks: Readonly<Record<string, 'ok' | 'failed'>>;
}

/** Longer than a healthy answer ever takes, shorter than the patience of whoever asks. */
const CHECK_TIMEOUT_MS = 1_500;

/** Asks all at once. Reasons stay inside: the report may be read by anybody. */
export async function checkHealth(checks: readonly HealthCheck[]): Promise<HealthReport> {
  const results = await Promise.all(checks.map(async ({ name, check }) => [name, await isHealthy(check)] as const));
  return {
    ok: results.every(([, ok]) => ok),
    checks: Object.fromEntries(results.map(([name, ok]) => [name, ok ? 'ok' : 'failed'])),
  };
}

async function isHealthy(check: HealthCheck['check']): Promise<boolean> {
  const timeout = Promise.withResolvers<false>();
  const timer = setTimeout(timeout.resolve, CHECK_TIMEOUT_MS, false);
  try {
    return await Promise.race([Promise.resolve(check()).then(() => true), timeout.promise]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
