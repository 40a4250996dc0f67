import { spawn } from 'node:child_process';
import type { RunFolder } from './run-folder.ts';
import type { ServerUser } from './server-user.ts';

export interface ShortCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly user?: ServerUser | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Runs a command that ends by itself, as a process of the run. @returns what it printed. @throws with that, when it fails. */
export function runToEnd(folder: RunFolder, { command, args, cwd, environment, user, signal }: ShortCommand): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: environment, ...user, signal, stdio: ['ignore', 'pipe', 'pipe'] });
    if (child.pid !== undefined) folder.note(child.pid, command);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', reject);
    child.once('close', (code, by) => {
      if (code === 0) resolve(output);
      else reject(new Error(`\`${command} ${args.join(' ')}\` ended (${code ?? by}):\n${output.trim()}`));
    });
  });
}
