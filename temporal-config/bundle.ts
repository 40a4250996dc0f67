import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';

const root = path.resolve(import.meta.dirname, '..');
const cacheFolder = path.join(root, 'node_modules/.cache/handsel-workflows');
/** What a bundle is made of, besides the packages that the lockfile names. */
const SOURCES = ['workflows', 'domain', 'temporal-config'];

export const WORKFLOW_CONTEXTS = ['wallet', 'giveaway', 'giftcard'] as const;
export type WorkflowContext = (typeof WORKFLOW_CONTEXTS)[number];

/** The workflows of a context as one file of code; built in 1.5 s, then kept until a source or the lockfile changes. */
export async function workflowBundle(context: WorkflowContext): Promise<{ codePath: string }> {
  const codePath = path.join(cacheFolder, `${context}-${await sourcesHash()}.cjs`);
  if (!(await exists(codePath))) {
    const { code } = await bundleWorkflowCode({
      workflowsPath: path.join(root, `workflows/${context}/index.ts`),
      logger: quiet,
    });
    await fs.mkdir(cacheFolder, { recursive: true });
    // Two workers that build at once write the same; the rename makes each of them whole.
    const unfinished = `${codePath}.${process.pid}`;
    await fs.writeFile(unfinished, code);
    await fs.rename(unfinished, codePath);
  }
  return { codePath };
}

const ignore = (): void => {};
const quiet = {
  log: ignore,
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: (message: string) => void process.stderr.write(`${message}\n`),
};

const exists = (file: string): Promise<boolean> =>
  fs.access(file).then(
    () => true,
    () => false,
  );

async function sourcesHash(): Promise<string> {
  const hash = createHash('sha256').update(await fs.readFile(path.join(root, 'package-lock.json')));
  for (const folder of SOURCES) {
    const files = (await fs.readdir(path.join(root, folder), { recursive: true }))
      .filter((file) => file.endsWith('.ts'))
      .toSorted();
    for (const file of files) hash.update(file).update(await fs.readFile(path.join(root, folder, file)));
  }
  return hash.digest('hex').slice(0, 16);
}
