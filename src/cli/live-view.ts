/** A Run that is followed on a terminal: the tree of its stages, drawn over itself. */
import type { Run } from '../api/run.ts';
import type { FollowView } from './follow.ts';
import type { Io } from './io.ts';
import { liveTree } from './live-tree.ts';
import { lastWords } from './log-lines.ts';
import type { Shape } from './outline.ts';
import type { Attempt } from './run-state.ts';
import { Screen } from './screen.ts';

/** Of a stage that failed, shown when the Run has ended. */
const KEPT_LINES = 15;
const KEPT_CHARACTERS = 500;

export class LiveView implements FollowView {
  readonly #io: Io;
  readonly #screen: Screen;
  readonly #shapes: readonly Shape[];
  readonly #lastLines = new Map<string, string>();
  readonly #tails = new Map<string, string[]>();
  #run: Run;
  #trouble: string | undefined;

  constructor(io: Io, run: Run, shapes: readonly Shape[]) {
    this.#io = io;
    this.#run = run;
    this.#shapes = shapes;
    this.#screen = new Screen(io, () => this.#lines());
  }

  run(run: Run): void {
    this.#run = run;
    this.#trouble = undefined;
    this.#screen.changed();
  }

  stage(): void {
    this.#screen.changed();
  }

  line({ stage, podName }: Attempt, raw: string): void {
    const words = lastWords(raw);
    if (words === undefined || words.trim() === '') return;
    this.#lastLines.set(stage, words.slice(0, KEPT_CHARACTERS));
    const tail = this.#tails.get(podName) ?? [];
    tail.push(words.slice(0, KEPT_CHARACTERS));
    if (tail.length > KEPT_LINES) tail.shift();
    this.#tails.set(podName, tail);
    this.#screen.changed();
  }

  trouble(message: string): void {
    this.#trouble = message;
    this.#screen.changed();
  }

  async ready(): Promise<void> {
    await this.#io.ready();
  }

  end(): void {
    this.#screen.end();
  }

  /** The last lines of a pod's log. */
  tail(podName: string | undefined): readonly string[] {
    return this.#tails.get(podName ?? '') ?? [];
  }

  #lines(): string[] {
    const state = {
      run: this.#run,
      shapes: this.#shapes,
      lastLines: this.#lastLines,
      trouble: this.#trouble,
    };
    // A frame as high as the terminal would scroll its own first line away.
    return liveTree(state, Math.max(4, this.#io.rows() - 1), this.#io.look());
  }
}
