import { CancellationScope, log } from '@temporalio/workflow';

type Undo = () => Promise<unknown>;

/**
 * The undos of a saga, registered *before* their steps: a step that timed out may still have happened, so its undo
 * must be safe where there is nothing to undo (it leaves a tombstone then).
 */
export class Saga {
  readonly #undos: { readonly name: string; readonly undo: Undo }[] = [];

  willUndo(name: string, undo: Undo): void {
    this.#undos.push({ name, undo });
  }

  /** Last first; cannot be cancelled; each undo is an activity or operation that repeats until it is done. */
  async compensate(): Promise<void> {
    await CancellationScope.nonCancellable(async () => {
      for (const { name, undo } of this.#undos.toReversed()) {
        log.info('undo', { step: name });
        await undo();
      }
    });
  }
}
