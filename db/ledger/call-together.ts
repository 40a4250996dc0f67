import { inBatches } from '../../runtime/batches.ts';
import { callCommand, type Command } from '../call-command.ts';
import type { Db } from '../connect.ts';
import { asDomainError } from '../errors.ts';

/** Fewer than the subtransactions that PostgreSQL keeps in memory (64). */
const MAX_CALLS = 50;
/** One commits while the next one is worked out. */
const MAX_BATCHES = 2;

interface Verdict {
  readonly answer?: unknown;
  readonly refused?: { readonly message: string };
  readonly alone?: true;
}

type Calls = (command: Command) => Promise<Verdict>;

const callsByDatabase = new WeakMap<Db, Map<string, Calls>>();

/**
 * Runs a money command as `callCommand` does. Where it says what it locks first, calls of it that come while others are
 * under way wait for one another's commit, and not each for its own: they share one transaction, in the order of what
 * they lock. Each has an outcome of its own, after the commit. Whoever would have to wait for a lock is called alone, so
 * that nobody waits for what is none of their business.
 * @throws DomainError what the function refuses; then nothing was changed.
 */
export async function runCommand<T>(db: Db, command: Command): Promise<T> {
  const { name, input, locksFirst } = command;
  if (locksFirst === undefined || db.isTransaction === true) return callCommand<T>(db, name, input);
  const { answer, refused, alone } = await callsOf(db, name)(command);
  if (alone) return callCommand<T>(db, name, input);
  if (refused) throw asDomainError(Object.assign(new Error(refused.message), refused));
  return answer as T;
}

function callsOf(db: Db, name: string): Calls {
  const known = callsByDatabase.get(db) ?? new Map<string, Calls>();
  callsByDatabase.set(db, known);
  const calls =
    known.get(name) ??
    inBatches({
      run: (commands: readonly Command[]) => callTogether(db, name, commands),
      nameOf: locksFirstOf,
      maxCalls: MAX_CALLS,
      maxBatches: MAX_BATCHES,
    });
  known.set(name, calls);
  return calls;
}

const locksFirstOf = ({ locksFirst = '' }: Command): string => locksFirst;

async function callTogether(db: Db, name: string, commands: readonly Command[]): Promise<readonly Verdict[]> {
  const [only] = commands;
  if (only && commands.length === 1) return [{ answer: await callCommand(db, name, only.input) }];
  const inOrder = commands.toSorted((left, right) => (locksFirstOf(left) < locksFirstOf(right) ? -1 : 1));
  const calls = inOrder.map(({ input }) => input);
  const verdicts = await callCommand<readonly Verdict[]>(db, 'call_together', { command: name, calls });
  const byCommand = new Map(inOrder.map((command, index) => [command, verdicts[index]]));
  return commands.map((command) => byCommand.get(command) ?? { alone: true });
}
