const startedAt = Number(process.env['HANDSEL_STARTED_AT'] ?? Date.now());

/** One line of progress, with the seconds since the command was given. */
export function say(message) {
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1).padStart(6);
  process.stderr.write(`[${seconds}s] ${message}\n`);
}

/** Handed to the processes that go on with this command, so that all of them count from the same moment. */
export const started = { HANDSEL_STARTED_AT: String(startedAt) };
